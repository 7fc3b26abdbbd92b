"""Files that a user names or packs into a zip archive, one by one and known by their names."""

import os
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from mammo_core.errors import Incomplete, UnreadableFile
from mammo_core.file_prediction import FileAnswer, NamedFile
from mammo_core.types import Progress, Verdict, no_progress

ARCHIVE = ".zip"
EXPECTED = "Expected a file, a folder or a zip archive, found none at"


@dataclass(frozen=True)
class Opened:
    """What is to be judged.

    Attributes:
        files: In the order of their naming; an archive's members stand in its place.
        left_out: The answers about members that were not even unpacked.
        missing: The paths at which there is nothing.
    """

    files: list[NamedFile]
    left_out: list[FileAnswer]
    missing: list[str] = field(default_factory=list)

    def complain(self, answer: dict[str, Any]) -> None:
        """Say which paths were not there, once all others are answered.

        Raises:
            Incomplete: Where there are any, with the answer.
        """
        if self.missing:
            more = f" and at {len(self.missing) - 1} more paths" * (len(self.missing) > 1)
            raise Incomplete(f"{EXPECTED} {self.missing[0]}{more}", answer)


@contextmanager
def opening(paths: Iterable[Path], *, progress: Progress = no_progress) -> Iterator[Opened]:
    """The files at these paths and below these folders, archives unpacked until the block ends.

    Raises:
        UnreadableFile: Where there is nothing at any of the paths, or an archive is hostile or
            damaged.
        MammoError: Where the disk has no room for an archive's content.
    """
    opened = Opened([], [])
    with ExitStack() as stack:
        for path in paths:
            if not path.exists():
                opened.missing.append(str(path))
            elif path.is_dir():
                opened.files.extend(_files_below(path))
            elif path.suffix.lower() == ARCHIVE:
                folder = Path(stack.enter_context(TemporaryDirectory(prefix="mammo-files-")))
                inside = unpack_files(path, folder, progress=progress)
                opened.files.extend(inside.files)
                opened.left_out.extend(inside.left_out)
            else:
                opened.files.append(NamedFile(str(path), path))
        if opened.missing and not (opened.files or opened.left_out):
            raise UnreadableFile(f"{EXPECTED} {opened.missing[0]}")
        yield opened


def _files_below(folder: Path) -> list[NamedFile]:
    from mammo_core.datasets.folders import list_files

    return [NamedFile(str(folder / name), folder / name) for name in list_files(folder)]


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
