"""A folder with one sub-folder a class, and perhaps the splits above them."""

import os
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from mammo_core.datasets.layouts.layout import Layout
from mammo_core.datasets.naming import (
    IMAGE_SUFFIXES,
    SPLIT_WORDS,
    safe_name,
    tidy_label,
    tidy_laterality,
    tidy_view,
)
from mammo_core.datasets.rows import ImageRow, Reading, Refusal
from mammo_core.errors import BadDataset

MOST_CLASSES = 20
"""More sub-folders than this are patients or batches rather than classes."""

MOST_OTHERS = 100_000
"""More files than this that are no images, and twice as many as images, are a disk's."""

Found = tuple[Path, str | None, str]
"""File, split where folders tell one, label."""

NAME_PATTERNS = (
    re.compile(r".*?(?P<patient>P_\d+)(?:_(?P<side>LEFT|RIGHT)_(?P<view>CC|MLO))?.*"),
    re.compile(
        r"(?P<patient>.+?)[ _-]+(?P<side>L|R|LEFT|RIGHT)[ _-]*(?P<view>CC|MLO|ML|LM|XCCL)"
        r"(?![a-z]).*",
        re.IGNORECASE,
    ),
)
"""File names that tell the patient: S00017_LCC, case12-left-mlo, Mass-Training_P_00001_LEFT_CC."""


@dataclass(frozen=True)
class ClassFolders(Layout):
    """`<class>/<image>` or `<split>/<class>/<image>`; the folder's name is the label."""

    name: ClassVar = "class_folders"
    title: ClassVar = "Class folders"
    licence: ClassVar = "Your own data: nothing is known about what its owners allow."
    expects: ClassVar = "a sub-folder for each class (or train/, val/, test/ with those in them)"

    def detects(self, root: Path) -> bool:
        """Whether two or more sub-folders, or those of a split, hold image files."""
        classes = {folder.name for _, folder in _class_folders(root) if _holds_images(folder)}
        return 2 <= len(classes) <= MOST_CLASSES

    def read(self, root: Path) -> Reading:
        """The images of each class.

        Raises:
            BadDataset: Where there are no such sub-folders, or far more other files than images.
        """
        found = sorted(_bounded(root, _walk(root)), key=lambda item: item[0])
        images = [item for item in found if _is_image(item[0])]
        if not images:
            raise BadDataset(f"Expected {self.expects} in {root}, found no image in any")
        names = _image_ids([file for file, _, _ in images], root)
        rows = [
            _row(file, split, label, name)
            for (file, split, label), name in zip(images, names, strict=True)
        ]
        return Reading(rows=rows, refusals=_refuse_others(found, root), warnings=_warnings(rows))


def _walk(root: Path) -> Iterator[Found]:
    """(file, split, label) of each file below the class folders, hidden ones aside."""
    for split, folder in _class_folders(root):
        label = tidy_label(folder.name)
        for file in folder.rglob("*"):
            if not (os.path.isdir(file) or file.name.startswith(".")):
                yield file, split, label


def _bounded(root: Path, items: Iterable[Found]) -> Iterator[Found]:
    """The same items, as long as they may be those of a collection of images.

    Raises:
        BadDataset: Where they are rather those of a whole disk.
    """
    images = others = 0
    for item in items:
        suffix = item[0].suffix.lower()
        images += bool(suffix) and suffix in IMAGE_SUFFIXES
        others += suffix not in IMAGE_SUFFIXES
        if others > MOST_OTHERS and others > 2 * images:
            raise BadDataset(
                f"{root} holds more than {MOST_OTHERS:,} files that are no images: name the "
                "folder of the images themselves"
            )
        yield item


def _class_folders(root: Path) -> list[tuple[str | None, Path]]:
    """(split, folder) of each class; split None where the folders tell none."""
    folders = _folders_in(root)
    if folders and all(folder.name.lower() in SPLIT_WORDS for folder in folders):
        return [
            (SPLIT_WORDS[split.name.lower()], folder)
            for split in folders
            for folder in _folders_in(split)
        ]
    return [(None, folder) for folder in folders]


def _folders_in(root: Path) -> list[Path]:
    """The sub-folders that may be classes: neither hidden nor of masks."""
    return sorted(
        path
        for path in root.iterdir()
        if path.is_dir() and not path.name.lower().startswith((".", "mask"))
    )


def _holds_images(folder: Path) -> bool:
    return any(_is_image(file) for file in folder.rglob("*"))


def _is_image(file: Path) -> bool:
    return file.suffix.lower() in IMAGE_SUFFIXES and file.name[0] != "." and os.path.isfile(file)


def _image_ids(files: Sequence[Path], root: Path) -> list[str]:
    """The files' stems; with the folders before them where a stem occurs twice."""
    times = Counter(file.stem for file in files)
    ids = [
        safe_name(
            file.stem
            if times[file.stem] == 1
            else "_".join(file.relative_to(root).with_suffix("").parts)
        )
        for file in files
    ]
    taken = Counter(ids)
    return [
        name if taken[name] == 1 else safe_name("_".join(file.relative_to(root).parts))
        for name, file in zip(ids, files, strict=True)
    ]


def _row(file: Path, split: str | None, label: str, image_id: str) -> ImageRow:
    told = next(filter(None, (pattern.fullmatch(file.stem) for pattern in NAME_PATTERNS)), None)
    facts = told.groupdict() if told else {}
    return ImageRow(
        file=file,
        image_id=image_id,
        patient_id=safe_name(facts.get("patient") or image_id),
        label=label,
        laterality=tidy_laterality(facts.get("side")),
        view=tidy_view(facts.get("view")),
        split=split,
    )


def _refuse_others(found: Iterable[Found], root: Path) -> list[Refusal]:
    return [
        Refusal(file.relative_to(root).as_posix(), _reason_against(file))
        for file, _, _ in found
        if not _is_image(file)
    ]


def _reason_against(file: Path) -> str:
    """Why a file is no image."""
    if not os.path.isfile(file):  # unlike Path.is_file, it doesn't raise on a loop of links
        return "A link that leads nowhere, or a device"
    return f"Files {file.suffix} are no images"


def _warnings(rows: Sequence[ImageRow]) -> list[str]:
    alone = sum(row.patient_id == row.image_id for row in rows)
    if not alone:
        return []
    return [
        f"The names of {alone} of {len(rows)} files tell no patient; each is taken as a patient of "
        "its own, so that two images of one patient may fall into different splits"
    ]
