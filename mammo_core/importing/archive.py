"""The two parts of a foreign file, its configuration and its weights, laid out to be checked."""

import json
import shutil
import stat
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mammo_core.errors import BadModel
from mammo_core.importing.copying import copy_apart
from mammo_core.importing.limits import (
    HARMLESS_BYTES,
    MAX_CONFIG_BYTES,
    MAX_EXPANSION,
    MAX_FILE_BYTES,
    MAX_MEMBERS,
)
from mammo_core.importing.stored_weights import StoredArray, StoredWeights

HDF5_SIGNATURE = b"\x89HDF\r\n\x1a\n"
ZIP_SIGNATURE = b"PK\x03\x04"
CONFIG, WEIGHTS = "config.json", "model.weights.h5"
LEGACY, MODEL_CONFIG = "model.h5", "model_config"
SAVE_ANEW = "save it there with model.save('model.keras')"


@dataclass(frozen=True)
class ForeignFile:
    """What a foreign file says and holds.

    Attributes:
        format: As people call it.
        config: The declared network, not checked yet.
        weights: Its weights, copied.
        layout: The name by which Keras knows how they are laid out in HDF5; None where their order
            is that of the model's weights.
    """

    format: str
    config: dict[str, Any]
    weights: StoredWeights
    layout: str | None

    @property
    def arrays(self) -> tuple[StoredArray, ...]:
        """What the weights are."""
        return self.weights.arrays


def open_foreign(path: Path, scratch: Path) -> ForeignFile:
    """The parts of a .keras or .h5 file; the format is told by its first bytes.

    Args:
        path: The user's file.
        scratch: A folder for a copy, so that what is checked is what is built.

    Raises:
        BadModel: For another format, and for a file that is damaged or declares too much.
    """
    size, start = _look_at(path)
    if size > MAX_FILE_BYTES:
        raise BadModel(f"Expected at most {MAX_FILE_BYTES:,} bytes, {path.name} has {size:,}")
    if start.startswith(ZIP_SIGNATURE):
        return _open_archive(path, scratch)
    if start == HDF5_SIGNATURE:
        return _open_hdf5(path, scratch)
    raise BadModel(
        f"Expected a Keras model (.keras or .h5), {path.name} holds something else or is damaged; "
        f"for a model of another kind, {SAVE_ANEW} or bring its predictions as a table"
    )


def _look_at(path: Path) -> tuple[int, bytes]:
    """(bytes, the first eight of them) of a regular file."""
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            raise BadModel(f"Expected a file, {path} is none")
        with path.open("rb") as stream:
            return status.st_size, stream.read(8)
    except FileNotFoundError:
        raise BadModel(f"Expected a model's file, found none at {path}") from None
    except (OSError, ValueError) as error:
        raise BadModel(f"Cannot read {path}: {error}") from error


def _open_archive(path: Path, scratch: Path) -> ForeignFile:
    weights = scratch / WEIGHTS
    try:
        with zipfile.ZipFile(path) as archive:
            members = _check_members(archive)
            if WEIGHTS not in members:
                raise BadModel(f"{path.name} lacks {WEIGHTS}; {SAVE_ANEW}")
            text = _read_member(archive, members.get(CONFIG), path)
            with archive.open(members[WEIGHTS]) as source, weights.open("wb") as target:
                shutil.copyfileobj(source, target)
    except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, NotImplementedError) as error:
        raise BadModel(f"{path.name} is a damaged archive: {error}") from error
    except (OSError, ValueError, UnicodeDecodeError) as error:
        raise BadModel(f"Cannot read {path.name}: {error}") from error
    return ForeignFile("Keras 3 archive", _parse(text, path), _copy(weights), WEIGHTS)


def _check_members(archive: zipfile.ZipFile) -> dict[str, zipfile.ZipInfo]:
    """The members by name, none of them larger than what is stored of it allows.

    Python gives out no more than a member's declared size, so what is checked here holds.
    """
    members = archive.infolist()
    names = [member.filename for member in members]
    if len(members) > MAX_MEMBERS or len(set(names)) < len(names):
        raise BadModel("Expected an archive as Keras writes it, got too many or repeated members")
    for member in members:
        if member.file_size > max(HARMLESS_BYTES, MAX_EXPANSION * member.compress_size):
            raise BadModel(
                f"The member {member.filename[:60]} declares {member.file_size:,} bytes, of which "
                f"the archive stores {member.compress_size:,}"
            )
    if sum(member.file_size for member in members) > MAX_FILE_BYTES:
        raise BadModel(f"Expected at most {MAX_FILE_BYTES:,} bytes, the archive declares more")
    return dict(zip(names, members, strict=True))


def _read_member(archive: zipfile.ZipFile, member: zipfile.ZipInfo | None, path: Path) -> str:
    if member is None:
        raise BadModel(f"{path.name} lacks {CONFIG}: it is no Keras model, or only its weights")
    if member.file_size > MAX_CONFIG_BYTES:
        raise BadModel(
            f"Expected at most {MAX_CONFIG_BYTES:,} bytes of {CONFIG}, got {member.file_size:,}"
        )
    return archive.read(member).decode("utf-8")


def _open_hdf5(path: Path, scratch: Path) -> ForeignFile:
    place = scratch / LEGACY
    try:
        shutil.copyfile(path, place)
    except OSError as error:
        raise BadModel(f"Cannot read {path}: {error.strerror or error}") from error
    weights = _copy(place)
    text = weights.groups[""].get(MODEL_CONFIG)
    if not isinstance(text, bytes):
        raise BadModel(
            f"{path.name} holds weights without the network's configuration; load them into the "
            f"network where it was made and {SAVE_ANEW}"
        )
    return ForeignFile("HDF5", _parse(text.decode("utf-8"), path), weights, LEGACY)


def _copy(file: Path) -> StoredWeights:
    """The weights, which Keras never loads from the foreign file itself."""
    from mammo_core.importing.hdf5 import copy_hdf5

    weights = copy_apart(copy_hdf5, file, file.stat().st_size)
    file.unlink()
    return weights


def load_json(text: str | bytes) -> Any:
    """The content of a JSON text whose texts can all be written again.

    Raises:
        ValueError: Where it is no JSON, or a text holds half a character.
        RecursionError: For brackets nested too deep.
    """
    content = json.loads(text)
    json.dumps(content, ensure_ascii=False).encode("utf-8")
    return content


def _parse(text: str, path: Path) -> dict[str, Any]:
    if len(text) > MAX_CONFIG_BYTES:
        raise BadModel(f"Expected at most {MAX_CONFIG_BYTES:,} bytes of configuration")
    try:
        config = load_json(text)
    except (ValueError, RecursionError) as error:
        raise BadModel(f"The configuration in {path.name} is no JSON: {error}") from error
    if not isinstance(config, dict):
        raise BadModel(f"Expected a model's configuration in {path.name}, got another kind")
    return config
