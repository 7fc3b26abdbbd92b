"""The folder that an archive begins in, and the files below a folder, from one walk."""

import os
from collections.abc import Callable, Collection, Iterable
from itertools import islice
from pathlib import Path

from mammo_core.datasets.naming import IMAGE_SUFFIXES

PREFERRED = (".dicom", ".dcm", ".png", ".tif", ".tiff", ".pgm", ".jpg", ".jpeg")
"""Of copies of one image the first of these kinds is taken: what was published, then lossless."""

NOT_DATA = ("__MACOSX", "lost+found", "$RECYCLE.BIN")
"""Folders that computers put beside a user's own."""


def find_archive(
    root: Path, holds: Callable[[Path], bool], parts: Collection[str] = ()
) -> Path | None:
    """The folder in which an archive begins, None where there is none.

    It is the folder itself; or the one above, where the user named a part of the archive, such as
    its `images`; or the one below, where nothing but that lies in the folder, as many unzippers
    leave it.

    Args:
        root: What the user named.
        holds: Whether an archive begins in a folder; raises no OSError for what is no folder.
        parts: Names of folders that lie in the archive's first folder.
    """
    if holds(root):
        return root
    if root.name in parts and holds(root.parent):
        return root.parent
    inside = only_folder(root)
    return inside if inside and holds(inside) else None


def only_folder(root: Path) -> Path | None:
    """The one sub-folder of a folder without other content, None elsewhere."""
    try:
        with os.scandir(root) as entries:
            found = list(islice((entry for entry in entries if not _is_clutter(entry.name)), 2))
    except OSError:
        return None
    return root / found[0].name if len(found) == 1 and is_folder(found[0]) else None


def list_files(top: Path) -> list[str]:
    """Paths of all files below a folder, relative to it, with slashes, in order.

    One walk costs less than asking for each file of a table, on network drives above all. Linked
    folders are followed, each once, so that links in a circle come to an end. Hidden files and
    folders are passed over, and folders that cannot be opened are empty. A name that is no text is
    shown with question marks: no table can name that file, so that it ends among the refused.
    """
    found: list[str] = []
    seen = {os.path.realpath(top)}
    waiting = [""]
    while waiting:
        prefix = waiting.pop()
        for entry in _entries(os.path.join(top, prefix)):
            path = f"{prefix}{entry.name}"
            if not is_folder(entry):
                found.append(_printable(path))
            elif not entry.is_symlink() or _is_new(entry.path, seen):
                waiting.append(f"{path}/")
    return sorted(found)


def strip_suffix(path: str) -> str:
    """The path without the suffix of its kind."""
    return os.path.splitext(path)[0]


def choose_files(
    paths: Iterable[str], key: Callable[[str], str | None] = strip_suffix
) -> dict[str, str]:
    """For each image its path, by a key; of copies the preferred kind.

    Args:
        paths: Of files; those that are no images by their suffix are passed over.
        key: Tells which image a path is of; None where it is of none.
    """
    chosen: dict[str, str] = {}
    for path in paths:
        if os.path.splitext(path)[1].lower() not in IMAGE_SUFFIXES:
            continue
        name = key(path)
        if name is not None and (name not in chosen or _rank(path) < _rank(chosen[name])):
            chosen[name] = path
    return chosen


def _rank(path: str) -> int:
    suffix = os.path.splitext(path)[1].lower()
    return PREFERRED.index(suffix) if suffix in PREFERRED else len(PREFERRED)


def _entries(folder: str) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return [entry for entry in entries if not _is_clutter(entry.name)]
    except OSError:
        return []


def _printable(path: str) -> str:
    if path.isascii():
        return path
    return path.encode("utf-8", "replace").decode("utf-8")


def is_folder(entry: os.DirEntry[str]) -> bool:
    """Whether it is a folder; a link that leads to itself is not."""
    try:
        return entry.is_dir()
    except OSError:
        return False


def _is_clutter(name: str) -> bool:
    return name.startswith(".") or name in NOT_DATA


def _is_new(link: str, seen: set[str]) -> bool:
    """Whether the link's target was not followed before; now it is."""
    target = os.path.realpath(link)
    is_new = target not in seen
    seen.add(target)
    return is_new
