"""The files of a folder or medium that may be DICOM images, and the others with a reason each."""

import os
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from mammo_core.datasets.folders import is_folder
from mammo_core.datasets.naming import PICTURE_SUFFIXES
from mammo_core.datasets.rows import Refusal
from mammo_core.errors import UnreadableFile

NO_IMAGES = {
    *(".exe", ".dll", ".bat", ".cmd", ".com", ".msi", ".jar", ".class", ".so", ".dylib", ".sh"),
    *(".txt", ".md", ".rtf", ".pdf", ".doc", ".docx", ".xls", ".xlsx", ".csv", ".tsv", ".parquet"),
    *(".htm", ".html", ".xhtml", ".css", ".js", ".xml", ".xsl", ".json", ".log", ".db", ".sqlite"),
    *(".inf", ".ini", ".cfg", ".lnk", ".url", ".ico", ".gif", ".bmp", ".chm", ".hlp", ".cab"),
    *(".zip", ".md5", ".sha256", ".properties", ".manifest", ".config", ".ttf", ".wav", ".avi"),
}
"""Suffixes of what a viewer on a hospital's medium consists of."""
NO_IMAGE_NAMES = {"DICOMDIR", "README", "LICENSE", "LICENCE", "VERSION", "LOCKFILE", "THUMBS.DB"}

PICTURE = "A picture without a DICOM header: index pictures as class folders or by a table"
NOT_UTF8 = "Its name is not valid UTF-8: rename it"
CLOSED = "The folder cannot be opened"
LINKED = "A link to a folder is not followed"
SPECIAL = "A link that leads nowhere, or a device"
CIRCLE = "The folder was met before, by another way"
MOST_MET, MOST_OPENED, MOST_READ = 10_000, 500, 20
"""How many files a look into a folder may meet, open, and read the header of."""
PREFIX_END = 132
"""A DICOM file begins with 128 free bytes and the letters DICM (DICOM PS3.10, 7.1)."""


def list_candidates(root: Path) -> tuple[list[Path], list[Refusal]]:
    """(files that may be DICOM images, what is left out although it could have held some).

    Nothing is opened. What is obviously no image is passed over, a DICOMDIR among it: its
    references are never followed. Hidden files are passed over too.
    """
    files, refusals = [], []
    for path, reason in _walk(root):
        if reason is None and path.suffix.lower() in PICTURE_SUFFIXES:
            reason = PICTURE
        if reason:
            refusals.append(Refusal(shown_name(path, root), reason))
        else:
            files.append(path)
    return files, refusals


def holds_patients(root: Path) -> bool:
    """Whether one of the first DICOM files below a folder names a patient or an exam."""
    found = (path for path in _first_candidates(root) if has_prefix(path))
    return any(_names_patient(path) for path in islice(found, MOST_READ))


def _first_candidates(root: Path) -> Iterator[Path]:
    named = (path for path, reason in islice(_walk(root), MOST_MET) if reason is None)
    images = (path for path in named if path.suffix.lower() not in PICTURE_SUFFIXES)
    return islice(images, MOST_OPENED)


def has_prefix(path: Path) -> bool:
    """Whether a file begins as DICOM files do; False where it cannot be opened.

    Pipes, devices and the system's own empty files, which may never answer, are not opened.
    """
    try:
        if not path.is_file() or path.stat().st_size < PREFIX_END:
            return False
        with path.open("rb") as file:
            return file.read(PREFIX_END)[128:] == b"DICM"
    except OSError:
        return False


def _names_patient(path: Path) -> bool:
    from mammo_core.reading.dicom_file import load_elements
    from mammo_core.reading.elements import quiet, read_text

    tags = ["PatientID", "StudyInstanceUID"]
    try:
        with quiet():
            ds, _ = load_elements(path, tags)
    except UnreadableFile:
        return False
    return any(read_text(ds, tag) for tag in tags)


def shown_name(path: Path, root: Path) -> str:
    """The path relative to `root` as text that any file can hold."""
    return path.relative_to(root).as_posix().encode("utf-8", "backslashreplace").decode()


def _walk(root: Path) -> Iterator[tuple[Path, str | None]]:
    """Each file that may be an image, and whatever else stays out with the reason why."""
    waiting, seen = [root], set()
    while waiting:
        folder = waiting.pop()
        try:
            place = folder.stat()
            entries = _entries(folder)
        except OSError:
            yield folder, CLOSED
            continue
        if (place.st_dev, place.st_ino) in seen:  # junctions of Windows can form a circle
            yield folder, CIRCLE
            continue
        seen.add((place.st_dev, place.st_ino))
        inner = []
        for entry in entries:
            if is_folder(entry):
                if entry.is_symlink():
                    yield folder / entry.name, LINKED
                else:
                    inner.append(folder / entry.name)
            elif _may_be_image(entry.name):
                yield folder / entry.name, _reason_against(entry)
        waiting.extend(reversed(inner))


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    with os.scandir(folder) as entries:
        return sorted(
            (entry for entry in entries if entry.name[0] != "." and entry.name != "__MACOSX"),
            key=lambda entry: entry.name,
        )


def _reason_against(entry: os.DirEntry[str]) -> str | None:
    """Why an entry that is no folder stays out, None where it may be an image."""
    if not _is_utf8(entry.name):
        return NOT_UTF8
    return None if _is_regular(entry) else SPECIAL


def _is_regular(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_file()
    except OSError:
        return False


def _may_be_image(name: str) -> bool:
    stem, dot, suffix = name.rpartition(".")
    return (stem if dot else name).upper() not in NO_IMAGE_NAMES and (
        f".{suffix.lower()}" not in NO_IMAGES if dot else True
    )


def _is_utf8(name: str) -> bool:
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True
