"""What lies in a folder, table or zip archive: its layout, its images and their labels."""

import itertools
import shutil
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from mammo_core.datasets.archives import unpack
from mammo_core.datasets.detection import choose_layout
from mammo_core.datasets.labeling import Labeling, missing_reason
from mammo_core.datasets.layouts import Layout
from mammo_core.datasets.rows import ImageRow, Reading, Refusal
from mammo_core.datasets.storage import CARD
from mammo_core.errors import BadDataset, BadTable, MammoError, UnreadableFile
from mammo_core.paths import read_json
from mammo_core.privacy import hide_id
from mammo_core.types import Progress

FILES = "files"
"""The folder in a dataset that an archive is unpacked into."""


@dataclass(frozen=True)
class Source:
    """A source as its layout reads it, before any image was opened.

    Attributes:
        root: The folder or table.
        layout: What it was read by.
        labels: The scheme of the labels, and for BI-RADS the mapping, as dataset.json says it.
        reading: The images with their labels; those without one are refused.
        unpacked: The folder in the dataset that an archive was unpacked into, None for others.
        archive: That archive.
    """

    root: Path
    layout: Layout
    labels: Mapping[str, Any]
    reading: Reading
    unpacked: str | None = None
    archive: Path | None = None

    def unpacked_to(self, folder: str, archive: Path, refusals: Sequence[Refusal]) -> "Source":
        """The source as that of an archive, with the members that were left out."""
        refusals = [*refusals, *self.reading.refusals]
        reading = replace(self.reading, refusals=refusals)
        return replace(self, unpacked=folder, archive=archive, reading=reading)

    def hide_ids(self) -> "Source":
        """The source with hidden ids of patients, exams and images; what is unknown stays so."""

        def hide(row: ImageRow) -> ImageRow:
            return replace(
                row,
                image_id=row.image_id and hide_id(row.image_id, "image"),
                patient_id=row.patient_id and hide_id(row.patient_id),
                exam_id=row.exam_id and hide_id(row.exam_id, "exam"),
            )

        rows = [hide(row) for row in self.reading.rows]
        return replace(self, reading=replace(self.reading, rows=rows))


def read_source(root: Path, layout: str | None, labeling: Labeling) -> Source:
    """The images that a folder or table names, with their labels; none of them is opened.

    Raises:
        UnreadableFile: Where the root cannot be read.
        BadDataset: Where the root has no known layout, or that layout no such labels.
        BadTable: Where a table of the layout is not as it must be.
    """
    with _reading(root):
        chosen = choose_layout(root, layout)
        scheme = labeling.resolve(chosen.name, chosen.schemes)
        reading = _label(chosen.read(root), labeling, scheme, root)
    _check_ids(reading.rows)
    mapping = {"birads": dict(labeling.birads)} if scheme == "birads" else {}
    return Source(root, chosen, {"scheme": scheme, **mapping}, reading)


def is_archive(root: Path) -> bool:
    """Whether the path is of a zip archive."""
    return root.suffix.lower() == ".zip" and root.is_file()


@contextmanager
def opened_source(
    root: Path, out: Path, layout: str | None, labeling: Labeling, progress: Progress
) -> Iterator[Source]:
    """The source in a folder, table or zip archive.

    An archive is unpacked inside of `out`, where its files stay if the block succeeds.

    Raises:
        UnreadableFile: Where the root cannot be read, or an archive not be trusted.
        BadDataset, BadTable: As `read_source`.
        MammoError: Where the disk is full.
    """
    if not is_archive(root):
        yield read_source(root, layout, labeling)
        return
    is_new, folder = not out.exists(), _free_folder(out)
    with ExitStack() as undoing:
        undoing.callback(shutil.rmtree, out if is_new else folder, ignore_errors=True)
        refusals = unpack(root, folder, progress=progress).refusals
        source = read_source(descend(folder), layout, labeling)
        yield source.unpacked_to(folder.name, root, refusals)
        undoing.pop_all()  # it succeeded: the files stay


def refuse_other_source(root: Path, out: Path) -> None:
    """Refuse to replace a dataset that was made from something else.

    A dataset that does not say what it was made from, or is damaged, may be replaced.

    Raises:
        BadDataset: Where `out` holds a dataset of another folder, table or archive.
    """
    try:
        card = read_json(out / CARD)
        before = card.get("archive") or (None if card.get("unpacked") else card.get("source"))
    except (MammoError, AttributeError):
        return
    if isinstance(before, str) and (out / before).resolve() != root:
        raise BadDataset(
            f"{out} holds the dataset of {out / before}, not of {root}: name another folder, or "
            "write --replace to give that dataset up"
        )


def _free_folder(out: Path) -> Path:
    names = itertools.chain([FILES], (f"{FILES}-{n}" for n in itertools.count(2)))
    return next(out / name for name in names if not (out / name).exists())


def show_file(file: Path, root: Path) -> str:
    """A file as refusals name it: relative to the source where it lies in there."""
    folder = root if root.is_dir() else root.parent
    return file.relative_to(folder).as_posix() if file.is_relative_to(folder) else str(file)


def descend(folder: Path) -> Path:
    """The folder itself, or the only folder in it, as archives often hold one."""
    inside = list(folder.iterdir())
    return descend(inside[0]) if len(inside) == 1 and inside[0].is_dir() else folder


@contextmanager
def _reading(root: Path) -> Iterator[None]:
    """Turn a failing disk or missing permission into a line about the root."""
    try:
        yield
    except OSError as error:
        place = error.filename or root
        raise UnreadableFile(f"Cannot read {place}: {error.strerror or error}") from error


def _label(reading: Reading, labeling: Labeling, scheme: str, root: Path) -> Reading:
    """The reading with the label that each image has under the scheme; those without refused."""
    if scheme == "none":
        return replace(reading, rows=[replace(row, label=None) for row in reading.rows])
    rows, refusals = [], list(reading.refusals)
    for row in reading.rows:
        label = labeling.classify(row, scheme)
        if label is None:
            refusals.append(Refusal(show_file(row.file, root), missing_reason(row, scheme)))
        else:
            rows.append(replace(row, label=label))
    return replace(reading, rows=rows, refusals=refusals)


def _check_ids(rows: Sequence[ImageRow]) -> None:
    named = Counter(row.image_id for row in rows if row.image_id)
    repeated = [name for name, n in named.items() if n > 1]
    if repeated:
        raise BadTable(
            f"Expected an image id of its own for each image, '{repeated[0]}' stands for several"
        )
