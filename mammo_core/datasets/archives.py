"""Zip archives unpacked without trusting them: nothing lands outside of the folder.

Everything that an archive declares is checked before anything is allocated or written for it.
"""

import re
import shutil
import stat
import unicodedata
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from mammo_core.datasets.rows import Refusal
from mammo_core.datasets.zip_directory import check_directory
from mammo_core.errors import MammoError, UnreadableFile
from mammo_core.reading.limits import MAX_FILE_BYTES
from mammo_core.types import Progress, no_progress

MAX_RATIO = 200
"""Deflate reaches 1,032; a mammogram that is mostly air and stored uncompressed about 30."""
SMALL_BYTES = 1_000_000
"""Below this a high ratio does no harm: icons and empty text files have it."""
SPARE_BYTES = 256_000_000
"""What the disk keeps free."""
PIECE_BYTES = 1_048_576
LOCAL_HEADER_BYTES = 30
"""Before each member's name and bytes (APPNOTE.TXT 6.3.10, 4.3.7)."""
MAX_NAME_BYTES = 240
"""Of one part of a path; file systems allow 255."""
MAX_PATH = 1_000

JUNK_FOLDERS = {"__MACOSX"}
JUNK_FILES = {".DS_Store", "Thumbs.db", "desktop.ini"}
ARCHIVE_SUFFIXES = {
    *(".zip", ".7z", ".rar", ".tar", ".gz", ".tgz", ".bz2", ".tbz2", ".xz", ".txz", ".zst"),
    *(".iso", ".cab", ".jar"),
}
DEVICE = re.compile(r"(con|prn|aux|nul|conin\$|conout\$|com[0-9¹²³]|lpt[0-9¹²³])(\..*)?")
UNWRITABLE = re.compile(r'[\x00-\x1f\x7f<>:"|?*]')
"""What Windows takes in no name; a colon would also name a drive or a hidden stream."""

OUTSIDE = "Its name in the archive points outside of the folder"
BACKSLASH = "Its name in the archive holds a backslash"
BAD_NAME = "Its name in the archive cannot be a file's name on every system"
SPECIAL = "It is a link or a device, not a file"
ENCRYPTED = "It is encrypted: unpack the archive with its password first"
NESTED = "An archive within the archive is not opened: unpack it first"
REPEATED = "The archive holds its name twice"
PACKED_ODDLY = "It is packed by a method other than stored or deflated"
TOO_LARGE = f"It is larger than {MAX_FILE_BYTES:,} bytes"
BOMB = f"It inflates to more than {MAX_RATIO} times its size, as no image does"
DAMAGED = "It is damaged within the archive"

FAULTS = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError)
"""What the standard library raises on a damaged member."""


@dataclass(frozen=True)
class Unpacked:
    """What came out of an archive.

    Attributes:
        folder: Where the files are.
        refusals: The members that were left out, by their names in the archive.
    """

    folder: Path
    refusals: Sequence[Refusal]


def unpack(archive: Path | str, into: Path | str, *, progress: Progress = no_progress) -> Unpacked:
    """The files of a zip archive in a folder of their own.

    The folder appears once all is unpacked; after a failure or a stop there is none.

    Args:
        archive: The zip file.
        into: A folder that isn't there yet or is empty.
        progress: Called after each member; may raise Cancelled.

    Raises:
        UnreadableFile: Where the file is no zip archive, is damaged, or declares more than any
            collection of mammograms has.
        MammoError: Where the folder is taken, or the disk has no room.
    """
    archive, into = Path(archive), Path(into)
    check_directory(archive)
    with _opened(archive) as source:
        chosen, refusals = _choose(source.infolist())
        _check_sizes(archive, list(chosen.values()))
        with _staging(into) as aside:
            _check_room(aside, sum(member.file_size for member in chosen.values()))
            refusals += _extract(source, chosen, aside, progress)
    return Unpacked(into, refusals)


def list_members(archive: Path | str) -> tuple[list[zipfile.ZipInfo], list[Refusal]]:
    """The members that `unpack` would write, by their names, and those it would leave out.

    Raises:
        UnreadableFile: As `unpack` does.
    """
    archive = Path(archive)
    check_directory(archive)
    with _opened(archive) as source:
        chosen, refusals = _choose(source.infolist())
        _check_sizes(archive, list(chosen.values()))
    return [chosen[path] for path in sorted(chosen)], refusals


def read_member(source: zipfile.ZipFile, member: zipfile.ZipInfo) -> bytes:
    """The content of a member that `list_members` chose.

    Raises:
        UnreadableFile: Where it is damaged.
    """
    try:
        return source.read(member)
    except FAULTS as error:
        raise UnreadableFile(DAMAGED) from error


@contextmanager
def _opened(archive: Path) -> Iterator[zipfile.ZipFile]:
    try:
        source = zipfile.ZipFile(archive)
    except UnicodeDecodeError as error:
        raise UnreadableFile(
            f"{archive.name}: Expected file names in UTF-8, as the archive claims to have; pack it "
            "again"
        ) from error
    except (*FAULTS, OSError) as error:
        raise UnreadableFile(
            f"{archive.name}: The archive's list of files is damaged ({type(error).__name__})"
        ) from error
    with source:
        yield source


def _choose(
    members: Sequence[zipfile.ZipInfo],
) -> tuple[dict[PurePosixPath, zipfile.ZipInfo], list[Refusal]]:
    """The members to unpack by the path of each, and the others with the reason against each."""
    chosen: dict[PurePosixPath, zipfile.ZipInfo] = {}
    taken: set[str] = set()
    refusals = []
    for member in members:
        if member.filename.endswith("/") or _is_junk(member.filename):
            continue
        path = PurePosixPath(member.filename)
        key = unicodedata.normalize("NFC", str(path)).casefold()
        reason = _reason_against(member) or (REPEATED if key in taken else None)
        if reason:
            refusals.append(Refusal(_shown(member), reason))
        else:
            taken.add(key)
            chosen[path] = member
    return chosen, refusals


def _is_junk(name: str) -> bool:
    """Whether it is what a file manager leaves behind."""
    parts = name.split("/")
    return parts[-1] in JUNK_FILES or not JUNK_FOLDERS.isdisjoint(parts[:-1])


def _reason_against(member: zipfile.ZipInfo) -> str | None:
    return _reason_against_name(member.orig_filename) or _reason_against_content(member)


def _reason_against_name(name: str) -> str | None:
    """Why a name may not be written, None where it may."""
    if "\\" in name:
        return BACKSLASH
    parts = name.split("/")
    if name.startswith("/") or ".." in parts or re.match("[a-zA-Z]:", name):
        return OUTSIDE
    if len(name) > MAX_PATH or not all(map(_is_writable, parts)):
        return BAD_NAME
    return NESTED if PurePosixPath(name).suffix.lower() in ARCHIVE_SUFFIXES else None


def _is_writable(part: str) -> bool:
    return not (
        part in ("", ".")
        or part[-1] in ". "
        or part[0] == " "
        or UNWRITABLE.search(part)
        or DEVICE.fullmatch(part.lower())
        or len(part.encode("utf-8", "surrogatepass")) > MAX_NAME_BYTES
    )


def _reason_against_content(member: zipfile.ZipInfo) -> str | None:
    if member.header_offset < 0:
        return DAMAGED
    kind = stat.S_IFMT(member.external_attr >> 16)
    if kind not in (0, stat.S_IFREG):
        return SPECIAL
    if member.flag_bits & 0x41:  # encrypted, strongly encrypted
        return ENCRYPTED
    if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        return PACKED_ODDLY  # other methods choose how much memory they take
    if member.file_size > MAX_FILE_BYTES:
        return TOO_LARGE
    if member.file_size > max(SMALL_BYTES, MAX_RATIO * member.compress_size):
        return BOMB
    return None


def _shown(member: zipfile.ZipInfo) -> str:
    """The member's name without what would upset a terminal or a table."""
    return "".join(c if c.isprintable() else "?" for c in member.orig_filename)[:MAX_NAME_BYTES]


def _check_sizes(archive: Path, members: Sequence[zipfile.ZipInfo]) -> None:
    """Refuse an archive that is far larger unpacked, or whose members share their bytes.

    Raises:
        UnreadableFile: Where it looks like a zip bomb.
    """
    if sum(member.file_size for member in members) > max(
        SMALL_BYTES, MAX_RATIO * archive.stat().st_size
    ):
        raise UnreadableFile(f"{archive.name}: {BOMB}")
    end = 0
    for member in sorted(members, key=lambda member: member.header_offset):
        if member.header_offset < end:
            raise UnreadableFile(f"{archive.name}: Two of its files overlap, as in a zip bomb")
        end = member.header_offset + LOCAL_HEADER_BYTES + member.compress_size


def _check_room(folder: Path, needed: int) -> None:
    free = shutil.disk_usage(folder).free
    if needed + SPARE_BYTES > free:
        raise MammoError(
            f"Expected {needed + SPARE_BYTES:,} bytes free to unpack the archive, the disk has "
            f"{free:,}: free some, or unpack to another disk"
        )


@contextmanager
def _staging(into: Path) -> Iterator[Path]:
    """A new folder beside `into` that takes its place if the block succeeds, else vanishes."""
    if into.exists() and (not into.is_dir() or any(into.iterdir())):
        raise MammoError(f"Expected {into} to be absent or an empty folder; name another")
    aside = into.with_name(f".{into.name}.unpacking")
    try:
        shutil.rmtree(aside, ignore_errors=True)  # of a run that was killed
        aside.mkdir(parents=True)
        yield aside
        if into.exists():
            into.rmdir()
        aside.rename(into)
    except OSError as error:
        raise MammoError(f"Cannot unpack to {into}: {error.strerror or error}") from error
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def _extract(
    source: zipfile.ZipFile,
    chosen: dict[PurePosixPath, zipfile.ZipInfo],
    folder: Path,
    progress: Progress,
) -> list[Refusal]:
    """Write the members; those that turn out to be damaged."""
    refusals = []
    for done, (path, member) in enumerate(chosen.items(), 1):
        if reason := _write(source, member, folder / path):
            refusals.append(Refusal(_shown(member), reason))
        progress(done, len(chosen), "Unpacking")
    return refusals


def _write(source: zipfile.ZipFile, member: zipfile.ZipInfo, target: Path) -> str | None:
    """Write one member in pieces; why it could not be, None where it was."""
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        if target.is_dir():
            return REPEATED
        with source.open(member) as packed, target.open("xb") as file:
            shutil.copyfileobj(packed, file, PIECE_BYTES)
    except (FileExistsError, NotADirectoryError):
        return REPEATED
    except FAULTS:
        target.unlink(missing_ok=True)
        return DAMAGED
    return None
