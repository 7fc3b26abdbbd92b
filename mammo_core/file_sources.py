"""Files that a user names or packs into a zip archive, one by one and known by their names."""

import os
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from mammo_core.errors import UnreadableFile
from mammo_core.file_prediction import FileAnswer, NamedFile
from mammo_core.types import Progress, Verdict, no_progress

ARCHIVE = ".zip"


@dataclass(frozen=True)
class Opened:
    """What is to be judged.

    Attributes:
        files: In the order of their naming; an archive's members stand in its place.
        left_out: The answers about members that were not even unpacked.
    """

    files: list[NamedFile]
    left_out: list[FileAnswer]


@contextmanager
def opening(paths: Iterable[Path], *, progress: Progress = no_progress) -> Iterator[Opened]:
    """The files at these paths, archives unpacked until the block ends.

    Raises:
        UnreadableFile: Where a path is no file, or an archive is hostile or damaged.
        MammoError: Where the disk has no room for an archive's content.
    """
    opened = Opened([], [])
    with ExitStack() as stack:
        for path in paths:
            if not path.is_file():
                raise UnreadableFile(f"Expected a file or a zip archive, found none at {path}")
            if path.suffix.lower() == ARCHIVE:
                folder = Path(stack.enter_context(TemporaryDirectory(prefix="mammo-files-")))
                inside = unpack_files(path, folder, progress=progress)
                opened.files.extend(inside.files)
                opened.left_out.extend(inside.left_out)
            else:
                opened.files.append(NamedFile(str(path), path))
        yield opened


def unpack_files(archive: Path, folder: Path, *, progress: Progress = no_progress) -> Opened:
    """An archive's files in a folder, by numbers: their names may be patients' and stay in memory.

    Raises:
        UnreadableFile: Where the archive is hostile or damaged.
        MammoError: Where the disk has no room.
    """
    from mammo_core.datasets.archives import unpack

    unpacked = unpack(archive, folder / "members", progress=progress)
    members = sorted(path for path in unpacked.folder.rglob("*") if path.is_file())
    files = []
    for number, path in enumerate(members):
        name = path.relative_to(unpacked.folder).as_posix()
        plain = folder / f"{number:06d}{_plain_suffix(path)}"
        os.replace(path, plain)
        files.append(NamedFile(name, plain))
    left_out = [
        FileAnswer(refusal.file, Verdict("refuse", (refusal.reason,)))
        for refusal in unpacked.refusals
    ]
    return Opened(files, left_out)


def _plain_suffix(path: Path) -> str:
    suffix = path.suffix.lower()
    return suffix if suffix.isascii() and suffix[1:].isalnum() and len(suffix) < 8 else ""
