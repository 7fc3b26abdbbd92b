"""A plain folder of a hospital's DICOM files, told by their headers alone."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from mammo_core.datasets.layouts.class_folders import MOST_CLASSES
from mammo_core.datasets.layouts.layout import Layout
from mammo_core.datasets.medium import PICTURE, holds_patients, list_candidates
from mammo_core.datasets.naming import SEVERITY, SPLIT_WORDS, tidy_label
from mammo_core.datasets.rows import ImageRow, Reading, Refusal
from mammo_core.datasets.tables import tables_in
from mammo_core.wording import count


@dataclass(frozen=True)
class DicomFolder(Layout):
    """Any tree of DICOM files, also a CD with a DICOMDIR and files without a suffix.

    Who, which exam, side, view and age come from the headers, which indexing reads anyway: the
    rows leave all of it open. Ids are always hidden (see `mammo_core.privacy`). There are no
    labels; a table of paths and labels beside the files makes it the layout `table`.
    """

    name: ClassVar = "dicom_folder"
    title: ClassVar = "Folder of DICOM files"
    licence: ClassVar = (
        "Your own data: nothing is known about what patients and hospital allow. Ids are hidden, "
        "but pixels may carry burned-in text; see docs/privacy.md."
    )
    expects: ClassVar = "DICOM files in any folders, and no table of their labels"
    schemes: ClassVar = ("none",)

    def detects(self, root: Path) -> bool:
        """Whether DICOM files that name a patient lie below, and no sub-folder names a class."""
        return root.is_dir() and not _names_classes(root) and holds_patients(root)

    def read(self, root: Path) -> Reading:
        """A row for each file that may be a DICOM image; its header is read later, once."""
        files, refusals = list_candidates(root)
        rows = [ImageRow(file=file, image_id="", patient_id=None) for file in files]
        return Reading(rows=rows, refusals=refusals, warnings=list(_warnings(root, refusals)))


def _names_classes(root: Path) -> bool:
    """Whether sub-folders, or those of the splits, are called as known classes are."""
    names = {tidy_label(folder.name) for folder in _sub_folders(root)}
    return not names.isdisjoint(SEVERITY)


def _sub_folders(root: Path) -> Iterator[Path]:
    for folder in sorted(root.iterdir()):
        if folder.is_dir():
            yield folder
            if folder.name.lower() in SPLIT_WORDS:
                yield from (inner for inner in folder.iterdir() if inner.is_dir())


def _warnings(root: Path, refusals: Sequence[Refusal]) -> Iterator[str]:
    """What a user may have meant otherwise; folders are not named, for they may tell patients."""
    if pictures := sum(refusal.reason == PICTURE for refusal in refusals):
        yield (
            f"{count(pictures, 'picture')} without a DICOM header were left out: index a folder "
            "of them alone, as class folders or by a table"
        )
    if tables := [file.name for file in tables_in(root)]:
        yield (
            f"The folder holds {', '.join(tables[:3])}, of which nothing was read: a table needs a "
            "column of paths and one of labels to be understood"
        )
    if 2 <= sum(folder.is_dir() for folder in root.iterdir()) <= MOST_CLASSES:
        yield (
            "The sub-folders were taken for patients or batches: if they are classes, write "
            "--format class_folders"
        )
