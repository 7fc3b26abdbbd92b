"""The rows of a table from elsewhere beside what a dataset knows of the same images."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd
import pyarrow as pa

from mammo_core.errors import BadTable
from mammo_core.prediction import LEFT_OUT
from mammo_core.predictions import ON_THE_PAGE

if TYPE_CHECKING:
    from mammo_core.datasets import Dataset


@dataclass(frozen=True, eq=False)
class Match:
    """What a table and a dataset have in common.

    Attributes:
        columns: The images that both hold: the dataset's facts, the table's probabilities and
            what else it tells.
        only_table: How many images the dataset lacks; they are left out.
        only_dataset: How many of the dataset's the table says nothing of.
        relabeled: How many have another label in the dataset, which is the one that counts.
    """

    columns: pa.Table
    only_table: int
    only_dataset: int
    relabeled: int


def match_images(columns: pa.Table, dataset: "Dataset", source: str) -> Match:
    """The table's rows joined to the dataset's by `image_id`.

    Args:
        columns: With `image_id` and p_<class>, as `spelling.translate` gives them.
        dataset: Whose images they are.
        source: The file's name for messages.

    Raises:
        BadTable: Where the table names no image of the dataset, or one without an id.
    """
    if "image_id" not in columns.column_names:
        raise BadTable(
            f"Expected a column 'image_id' in {source} to find its images in {dataset.name}; name "
            f"it by --rename THEIRS=image_id ({ON_THE_PAGE})"
        )
    theirs = columns.to_pandas()
    known = theirs["image_id"].isin(dataset.index["image_id"])
    if not known.any():
        raise BadTable(_tell_strangers(theirs["image_id"], dataset, source))
    facts = dataset.index.drop(columns=[name for name in LEFT_OUT if name in dataset.index])
    own = [name for name in theirs if name == "image_id" or name not in facts]
    joined = facts.merge(theirs[own], on="image_id")
    return Match(
        columns=pa.Table.from_pandas(joined, preserve_index=False),
        only_table=int((~known).sum()),
        only_dataset=len(facts) - int(facts["image_id"].isin(theirs["image_id"]).sum()),
        relabeled=_count_relabeled(theirs, facts),
    )


def _count_relabeled(theirs: pd.DataFrame, facts: pd.DataFrame) -> int:
    """How many images have two different labels; one that lacks on either side differs not."""
    if "label" not in theirs:
        return 0
    both = theirs[["image_id", "label"]].merge(facts[["image_id", "label"]], on="image_id")
    a, b = both["label_x"], both["label_y"]
    return int((a.notna() & b.notna() & (a != b)).sum())


def _tell_strangers(ids: pd.Series, dataset: "Dataset", source: str) -> str:
    """That no image is known, and what may be the matter."""
    own = dataset.index["image_id"]
    return (
        f"None of the {len(ids)} images of {source} ({_show(ids)}) is one of the {len(own)} of "
        f"{dataset.name} ({_show(own)}){_guess(set(ids.dropna()), set(own))}"
    )


def _guess(theirs: set[str], own: set[str]) -> str:
    if {one.lstrip("0") for one in theirs} & {one.lstrip("0") for one in own}:
        return ": leading zeros were lost; save the table with its ids as text"
    if {_stem(one) for one in theirs} & {_stem(one) for one in own}:
        return ": they differ by folder or ending; write the ids as the dataset has them"
    return "; write the ids as the dataset has them, or leave out --dataset"


def _stem(name: str) -> str:
    return name.replace("\\", "/").rpartition("/")[2].partition(".")[0].lower()


def _show(ids: Sequence[object] | pd.Series) -> str:
    return ", ".join(str(one)[:40] for one in list(ids[:2])) + (", ..." if len(ids) > 2 else "")
