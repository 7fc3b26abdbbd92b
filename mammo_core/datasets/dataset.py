"""An indexed dataset: which images there are, where they lie and what is known about them."""

import os
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from mammo_core.datasets.naming import SPLITS
from mammo_core.datasets.registry import known_datasets
from mammo_core.datasets.rows import ADDED, COLUMNS
from mammo_core.datasets.storage import CARD, INDEX, PENDING, finish_publication, tell_version
from mammo_core.errors import BadDataset, MammoError
from mammo_core.paths import read_json

if TYPE_CHECKING:
    import pandas as pd

CARD_KEYS = ("name", "classes", "fingerprint")


@dataclass(frozen=True, eq=False)
class Dataset:
    """A dataset folder in memory; the images stay on disk.

    Attributes:
        path: The folder.
        index: One row an image, with the columns of `rows.COLUMNS`; never to be changed.
        card: What dataset.json says.
    """

    path: Path
    index: "pd.DataFrame"
    card: dict[str, Any]

    @property
    def name(self) -> str:
        """What lists and prediction tables call it."""
        return str(self.card["name"])

    @property
    def classes(self) -> tuple[str, ...]:
        """The class names, mildest first."""
        return tuple(self.card["classes"])

    @property
    def fingerprint(self) -> str:
        """Twelve hex digits that change with any image, label, split or fact of the index."""
        return str(self.card["fingerprint"])

    @property
    def version(self) -> str:
        """The fingerprint, and the digest of what was decided on images that stood apart."""
        return tell_version(self.card)

    @property
    def is_synthetic(self) -> bool:
        """Whether the images were made rather than taken."""
        return bool(self.card.get("synthetic", False))

    def select(self, split: str) -> "pd.DataFrame":
        """The index's rows of a split, or of all.

        Raises:
            BadDataset: Where there is no such split, or no image in it.
        """
        if split == "all":
            return self.index
        if split not in SPLITS:
            raise BadDataset(f"Split must be one of {', '.join(SPLITS)} or all, got '{split}'")
        chosen = self.index[self.index["split"] == split]
        if chosen.empty:
            counts = self.index["split"].value_counts()
            found = ", ".join(f"{name} {n}" for name, n in counts.items()) or "none in any split"
            raise BadDataset(f"Dataset {self.name} has no image in split {split}; it has: {found}")
        return chosen

    def file_of(self, image_id: str) -> Path:
        """The image's file.

        Raises:
            BadDataset: Where the dataset has no such image, or no pictures at all.
        """
        path = self._paths_of(image_id)[0]
        if not path:
            raise BadDataset(
                f"Dataset {self.name} was made of a table of predictions: it has no pictures"
            )
        return self.path / path

    @property
    def has_pictures(self) -> bool:
        """Whether there are files behind its images; a dataset made of a table has none."""
        return bool(self.index["path"].notna().any())

    def mask_of(self, image_id: str) -> Path | None:
        """The file of the lesion mask, None where there is none.

        Raises:
            BadDataset: Where the dataset has no such image.
        """
        mask = self._paths_of(image_id)[1]
        return self.path / mask if mask else None

    def read_mask(self, image_id: str) -> NDArray[np.bool_] | None:
        """The lesion mask, (rows, columns) in the image's own grid; None where there is none.

        Raises:
            BadDataset: Where the dataset has no such image, or its mask cannot be read.
        """
        from PIL import Image, UnidentifiedImageError

        file = self.mask_of(image_id)
        if file is None:
            return None
        try:
            with Image.open(file) as picture:
                return np.asarray(picture.convert("L")) > 0
        except (OSError, UnidentifiedImageError) as error:
            raise BadDataset(f"Cannot read the mask {file}: {error}; index again") from None

    @cached_property
    def _paths(self) -> dict[str, tuple[str, str]]:
        """(path, mask path) of each image, "" where there is none."""
        paths, masks = self.index["path"].fillna(""), self.index["mask_path"].fillna("")
        pairs = zip(paths, masks, strict=True)
        return dict(zip(self.index["image_id"], pairs, strict=True))

    def _paths_of(self, image_id: str) -> tuple[str, str]:
        try:
            return self._paths[image_id]
        except KeyError:
            example = next(iter(self._paths), "none")
            raise BadDataset(
                f"Dataset {self.name} has no image '{image_id}'; ids look like {example}"
            ) from None


def load_dataset(path_or_name: str | Path) -> Dataset:
    """The dataset in a folder, or the known one of that name.

    Raises:
        BadDataset: Where there is none, or it is damaged; names the known ones.
    """
    folder = _find(path_or_name)
    finish_publication(folder)
    card = _read_card(folder)
    index = _read_index(folder)
    if index.attrs.get("fingerprint", card["fingerprint"]) != card["fingerprint"]:
        raise BadDataset(f"{folder}: {INDEX} and {CARD} don't belong together; index again")
    return Dataset(folder, index, card)


def _find(path_or_name: str | Path) -> Path:
    folder = Path(path_or_name).expanduser()
    if any(os.path.exists(folder / name) for name in (INDEX, CARD, PENDING)):
        return folder.resolve()
    known = known_datasets()
    if str(path_or_name) in known:
        return known[str(path_or_name)]
    names = ", ".join(known) or "none yet"
    what = f"{folder} is a folder without {INDEX}" if folder.is_dir() else f"got '{path_or_name}'"
    raise BadDataset(
        f"Expected a dataset's folder or name, {what}; known names: {names}. "
        "Make one by: python -m mammo_core index FOLDER --out DATASET"
    )


def _read_card(folder: Path) -> dict[str, Any]:
    try:
        card = read_json(folder / CARD)
    except MammoError as error:
        raise BadDataset(f"{error}; index again") from None
    missing = [key for key in CARD_KEYS if not isinstance(card, dict) or key not in card]
    if missing:
        raise BadDataset(f"{folder / CARD} lacks {', '.join(missing)}; index again")
    return dict(card)


def _read_index(folder: Path) -> "pd.DataFrame":
    import pandas as pd
    import pyarrow

    file = folder / INDEX
    if not file.is_file():
        raise BadDataset(f"{folder} is a dataset without its {INDEX}; index again")
    try:
        index = pd.read_parquet(file)
    except (pyarrow.ArrowException, OSError) as error:
        raise BadDataset(f"{file} is damaged: {str(error).splitlines()[0]}; index again") from None
    for name in ADDED:
        if name not in index.columns:
            index[name] = pd.Series(None, index.index, dtype=COLUMNS[name])
    missing = [name for name in COLUMNS if name not in index.columns]
    if missing:
        raise BadDataset(f"{file} lacks the columns {', '.join(missing)}; index again")
    return index
