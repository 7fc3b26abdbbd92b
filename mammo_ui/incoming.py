"""Archives that a user uploads to become datasets: kept until they are indexed, then dropped."""

import hashlib
import os
import shutil
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from mammo_core.errors import MammoError, UnreadableFile
from mammo_core.paths import state_folder, writing

ARCHIVE, FILES = "upload.zip", "files"


@dataclass(frozen=True)
class Source:
    """What a dataset is to be made of.

    Attributes:
        name: What its user calls it.
        folder: What is looked into before anything runs.
        root: What is indexed: the same, or the archive that was unpacked for the look.
        left_out: How many members of the archive were not unpacked, by the reason.
    """

    name: str
    folder: Path
    root: Path
    left_out: dict[str, int]


def open_folder(text: str) -> Source:
    """A folder or table of the user's own, which stays where it is."""
    path = Path(os.path.expanduser(text)).absolute()  # the index runs in a folder of its own
    return Source(path.stem, path, path, {})


def open_upload(name: str, content: bytes) -> Source:
    """An uploaded archive, unpacked to be looked into; what was opened before is dropped.

    Raises:
        MammoError: Where the archive is hostile or damaged, or the disk has no room.
    """
    with _place_of_its_own(content) as place:
        try:
            with writing(place / ARCHIVE) as temporary:
                temporary.write_bytes(content)
            return _unpack(place / ARCHIVE, place, Path(name).stem)
        except UnreadableFile as error:
            raise UnreadableFile(str(error).replace(ARCHIVE, name)) from None


def open_archive(path: Path) -> Source:
    """The same of an archive that lies on this machine, which stays where it is."""
    with _place_of_its_own(str(path).encode()) as place:
        return _unpack(path, place, path.stem)


def is_archive(path: Path) -> bool:
    """Whether a path leads to a zip archive."""
    from mammo_core.datasets import sources

    return sources.is_archive(path)


@contextmanager
def _place_of_its_own(known_by: bytes) -> Iterator[Path]:
    """A folder instead of all that was opened before; nothing is left in it by what fails."""
    drop_all()
    try:
        yield _waiting() / hashlib.sha256(known_by).hexdigest()[:16]
    except MammoError:
        drop_all()
        raise


def _unpack(archive: Path, place: Path, name: str) -> Source:
    from mammo_core.datasets.archives import unpack
    from mammo_core.datasets.sources import descend

    unpacked = unpack(archive, place / FILES)
    left_out = Counter(refusal.reason for refusal in unpacked.refusals)
    return Source(name, descend(unpacked.folder), archive, dict(left_out.most_common()))


def drop_all() -> None:
    """Remove what was uploaded; an index has its own copy of the files."""
    shutil.rmtree(_waiting(), ignore_errors=True)


def _waiting() -> Path:
    return state_folder() / "incoming"
