"""Which layout a folder has."""

from collections import Counter
from pathlib import Path

from mammo_core.datasets.layouts import LAYOUTS, Layout
from mammo_core.datasets.layouts.table import NEEDED
from mammo_core.datasets.naming import PICTURE_SUFFIXES
from mammo_core.datasets.tables import SYNONYMS, match_columns, read_headings, tables_in
from mammo_core.errors import BadDataset, MammoError, UnreadableFile
from mammo_core.wording import tell_nearest

CATCH_ALL = ("dicom_folder", "class_folders")
"""The layouts that fit almost any folder of folders."""
MOST_COLLECTIONS = 40
"""More sub-folders than this are patients; to ask each what it is would take minutes."""


def choose_layout(root: Path, name: str | None = None) -> Layout:
    """The layout of that name, or the first that the folder has.

    Raises:
        UnreadableFile: Where there is no such path.
        BadDataset: Where the name or the folder's content is unknown.
    """
    if name is not None and name not in LAYOUTS:
        near = tell_nearest(name, LAYOUTS)
        raise BadDataset(f"Unknown format '{name}'; known are: {', '.join(LAYOUTS)}{near}")
    if not root.exists():
        raise UnreadableFile(f"Expected a folder of mammograms or a table, found no {root}")
    if name is not None:
        return LAYOUTS[name]
    if root.is_file():
        return LAYOUTS["table"]
    found = next((layout for layout in LAYOUTS.values() if layout.detects(root)), None)
    if found is None:
        raise BadDataset(
            f"Found no known layout in {root}, which {describe_content(root)}. {_advise(root)}"
            f"Known are {', '.join(LAYOUTS)}: see docs/datasets.md"
        )
    if found.name in CATCH_ALL:
        _refuse_collections(root, found.name)
    return found


def _refuse_collections(root: Path, name: str) -> None:
    """Refuse to take the folders of a collection of datasets for classes or patients.

    Raises:
        BadDataset: Where a sub-folder has a layout of its own.
    """
    own = [layout for key, layout in LAYOUTS.items() if key not in CATCH_ALL]
    folders = sorted(path for path in root.iterdir() if path.is_dir())
    for folder in folders[:MOST_COLLECTIONS]:
        for layout in own:
            if layout.detects(folder):
                raise BadDataset(
                    f"{root} holds {folder.name}, which is of the layout {layout.name}: index that "
                    f"folder, or write --format {name} to take it all as one dataset"
                )


def _advise(root: Path) -> str:
    """What the folder's one table lacks, or how to index pictures without any; else nothing."""
    tables = tables_in(root)
    if len(tables) == 1:
        return _tell_lacking(tables[0])
    pictures = (path for path in root.iterdir() if path.suffix.lower() in PICTURE_SUFFIXES)
    if not tables and any(path.is_file() for path in pictures):
        return (
            "Pictures need sub-folders called by their classes, or a table with a column of paths "
            "and one of labels. "
        )
    return ""


def _tell_lacking(table: Path) -> str:
    try:
        columns = match_columns(read_headings(table))
    except MammoError:
        return ""
    return "".join(
        f"{table.name} lacks a column of {column}s ({', '.join(SYNONYMS[column])}). "
        for column in NEEDED
        if column not in columns
    )


def describe_content(root: Path) -> str:
    """A clause on what a folder holds: tables with their columns, files by kind, folders."""
    tables = tables_in(root)
    others = [path for path in root.iterdir() if path not in tables]
    kinds = Counter(path.suffix or "nameless" for path in others if path.is_file())
    parts = [f"{file.name} with {_columns(file)}" for file in tables[:3]]
    parts += [f"{n} {kind} files" for kind, n in kinds.most_common(3)]
    folders = sorted(path.name for path in others if path.is_dir())
    parts += [f"folders {', '.join(folders[:5])}"] if folders else []
    return f"holds {', '.join(parts)}" if parts else "is empty"


def _columns(table: Path) -> str:
    try:
        return f"columns {', '.join(read_headings(table)[:12])}"
    except MammoError as error:
        return f"a fault: {error}"
