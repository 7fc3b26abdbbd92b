"""SavedModel folders: those of Keras 2 name their layers and can be rebuilt, others cannot.

The graph in saved_model.pb is never loaded: its operations may read and write files. A folder of
Keras 2 holds the network's configuration beside it (keras_metadata.pb) and its weights as a
checkpoint of arrays, which is all that an import needs.
"""

import shutil
import zipfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any

from mammo_core.datasets.archives import FAULTS, list_members, unpack
from mammo_core.datasets.zip_directory import check_directory
from mammo_core.errors import BadModel, UnreadableFile
from mammo_core.importing.archive import SAVE_ANEW, ForeignFile, load_json
from mammo_core.importing.copying import Copying, copy_apart
from mammo_core.importing.limits import (
    CHECKPOINT_READER_BYTES,
    MAX_CONFIG_BYTES,
    MAX_FILE_BYTES,
)
from mammo_core.importing.stored_weights import StoredWeights

GRAPH, METADATA = "saved_model.pb", "keras_metadata.pb"
INDEX, DATA = "variables.index", "variables.data-00000-of-00001"
NODES, PATH, CONTENT = 1, 3, 5
"""Fields of Keras 2's messages SavedMetadata and SavedObject."""
BYTES_FOLLOW = 2


def is_packed(path: Path) -> bool:
    """Whether a file is a zip archive of a SavedModel folder."""
    if not path.is_file():
        return False
    try:
        check_directory(path)
        with zipfile.ZipFile(path) as archive:
            return any(PurePosixPath(name).name == GRAPH for name in archive.namelist())
    except (UnreadableFile, OSError, *FAULTS):
        return False  # another format, or none: for `open_foreign` to tell


def open_packed(archive: Path, scratch: Path) -> ForeignFile:
    """What `open_saved_model` reads, out of a zip archive of the folder.

    Args:
        archive: Of one SavedModel folder, whatever folders that lies in.
        scratch: A folder for what is unpacked and copied.

    Raises:
        BadModel: For a hostile or damaged archive, and as `open_saved_model` does.
        MammoError: Where the disk has no room.
    """
    inside = scratch / "archive"
    try:
        members, refused = list_members(archive)
        size = sum(member.file_size for member in members)
        if size > MAX_FILE_BYTES:
            raise BadModel(f"Expected at most {MAX_FILE_BYTES:,} bytes unpacked, got {size:,}")
        refused = refused or [*unpack(archive, inside).refusals]
    except UnreadableFile as error:
        raise BadModel(str(error)) from error
    if refused:
        raise BadModel(f"{archive.name}, {refused[0].file}: {refused[0].reason}")
    folders = [file.parent for file in inside.rglob(GRAPH)]
    if len(folders) != 1:
        raise BadModel(f"Expected one SavedModel folder in {archive.name}, found {len(folders)}")
    return open_saved_model(folders[0], scratch)


def open_saved_model(folder: Path, scratch: Path) -> ForeignFile:
    """The configuration and the weights of a SavedModel folder of Keras 2.

    Raises:
        BadModel: For any other folder, and for one that is damaged or too large.
    """
    if not (folder / GRAPH).is_file():
        raise BadModel(f"Expected a model's file or a SavedModel folder, {folder} is neither")
    if not (folder / METADATA).is_file():
        raise BadModel(
            f"{folder.name} is an exported SavedModel: a graph without Keras's layers, which may "
            f"read and write files when it runs, so that it is not run here; {SAVE_ANEW} from the "
            "Keras model that it was exported from, or bring its predictions as a table"
        )
    config = _read_config(folder / METADATA)
    _copy_weights(folder / "variables", scratch)
    n_bytes = (scratch / DATA).stat().st_size
    weights = copy_apart(_copy_variables, scratch / "variables", n_bytes, CHECKPOINT_READER_BYTES)
    return ForeignFile("Keras 2 SavedModel", config, weights, None)


def _copy_variables(copying: Copying) -> StoredWeights:
    """`copy_checkpoint`, where TensorFlow starts in the process that reads."""
    from mammo_core.importing.foreign_checkpoint import copy_checkpoint

    return copy_checkpoint(copying)


def _read_config(path: Path) -> dict[str, Any]:
    """The configuration of the outermost object."""
    try:
        content = path.read_bytes() if path.stat().st_size <= MAX_CONFIG_BYTES else b""
        for field, node in _read_fields(content):
            parts = dict(_read_fields(node)) if field == NODES else {}
            if parts.get(PATH) == b"root":
                return _pick(load_json(parts[CONTENT]))
    except (OSError, ValueError, KeyError, RecursionError) as error:
        raise BadModel(f"{path.name} is damaged: {error}") from error
    raise BadModel(f"{path.name} names no model; {SAVE_ANEW}")


def _pick(told: Any) -> dict[str, Any]:
    """What an import reads of an object's metadata."""
    if not isinstance(told, dict) or not isinstance(told.get("config"), dict):
        raise BadModel(f"{METADATA} holds no configuration: a subclassed model; {SAVE_ANEW}")
    return {key: told[key] for key in ("class_name", "config") if key in told}


def _read_fields(message: bytes) -> Iterator[tuple[int, bytes]]:
    """(number, bytes) of a protocol buffer's fields that hold bytes; others are passed over.

    Raises:
        ValueError: Where the message is cut off or holds something else than Keras writes.
    """
    place = 0
    while place < len(message):
        key, place = _read_number(message, place)
        size, place = _read_number(message, place)
        if key & 7 == BYTES_FOLLOW:
            if place + size > len(message):
                raise ValueError("a field is cut off")
            yield key >> 3, message[place : place + size]
            place += size
        elif key & 7 != 0:
            raise ValueError("an unknown kind of field")


def _read_number(message: bytes, place: int) -> tuple[int, int]:
    """(number, the place behind it), seven bits a byte."""
    number = 0
    for shift in range(0, 64, 7):
        if place >= len(message):
            raise ValueError("a number is cut off")
        byte = message[place]
        place += 1
        number |= (byte & 0x7F) << shift
        if byte < 0x80:
            return number, place
    raise ValueError("a number is too long")


def _copy_weights(variables: Path, scratch: Path) -> None:
    """Copy the checkpoint's two files, so that what is checked is what is built."""
    try:
        size = sum((variables / name).stat().st_size for name in (INDEX, DATA))
        if size > MAX_FILE_BYTES:
            raise BadModel(f"Expected at most {MAX_FILE_BYTES:,} bytes of weights, got {size:,}")
        for name in (INDEX, DATA):
            shutil.copyfile(variables / name, scratch / name)
    except OSError as error:
        raise BadModel(f"Cannot read the weights in {variables}: {error.strerror}") from error
