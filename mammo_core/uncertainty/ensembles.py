"""Several models as one: the mean of their probabilities, and where they contradict each other."""

from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from mammo_core.errors import BadConfiguration
from mammo_core.metrics.pairing import pair_tables
from mammo_core.predictions import PredictionTable, write_predictions
from mammo_core.uncertainty import PASS_MEASURES

if TYPE_CHECKING:
    from mammo_core.datasets import Dataset

COLUMNS = {"entropy": "entropy", "mutual_information": "disagreement", "std": "std"}
"""What each of `PASS_MEASURES` is called in the members' table."""


def join_members(
    tables: Sequence[PredictionTable], *, split: str = "all", overlap: bool = False
) -> pd.DataFrame:
    """The prediction table of an ensemble: mean probabilities, the first member's metadata.

    `disagreement` is the members' mutual information, their mean divergence from the mean over its
    largest possible value: 0 where all say the same, 1 where each is sure of another class. `std`
    is the standard deviation of the last class, `entropy` that of the mean.

    Args:
        tables: Of two or more members, at image level.
        split: Of which rows; "all" for all.
        overlap: Whether images that not all members know are left out instead of refused.

    Raises:
        BadConfiguration: For fewer than two members.
        BadTable: Where classes, images, labels or patients differ.

    Source: Lakshminarayanan et al. 2017, arXiv:1612.01474.
    """
    if len(tables) < 2:
        raise BadConfiguration(f"Expected at least two members of an ensemble, got {len(tables)}")
    members = pair_tables(tables, split, overlap=overlap)
    passes = np.stack([member.probabilities for member in members])
    mean = passes.mean(axis=0)
    names = [f"p_{name}" for name in members[0].classes]
    measured = {COLUMNS[name]: one.compute(passes) for name, one in PASS_MEASURES.items()}
    probabilities = {name: mean[:, k] for k, name in enumerate(names)}
    return members[0].frame.assign(**probabilities, **measured)


def write_ensemble(
    out: Path, frame: pd.DataFrame, members: Sequence[str], split: str = "all"
) -> None:
    """Write the table of an ensemble, CSV where the name ends so, with its members' names.

    It is a prediction table again, so that its texts are exactly those of the members.

    Raises:
        BadConfiguration: For a file that is neither CSV nor Parquet.
        MammoError: Where it cannot be written.
    """
    from mammo_core.csv_text import to_exact_csv
    from mammo_core.paths import write_text

    check_out(out)
    if out.suffix.lower() == ".csv":
        rows: list[Any] = frame.astype(object).where(frame.notna(), "").to_dict("records")
        write_text(out, to_exact_csv(rows))
    else:
        write_predictions(out, frame, {"members": ", ".join(members), "split": split})


def check_out(out: Path) -> None:
    """Refuse a file of another kind before the members are asked."""
    if out.suffix.lower() not in (".csv", ".parquet"):
        raise BadConfiguration(f"Expected --out to end in .csv or .parquet, got '{out.name}'")


def adopt_ensemble(
    frame: pd.DataFrame, name: str, dataset: "Dataset", members: Sequence[str]
) -> dict[str, Any]:
    """Keep an ensemble as a model without a network, as any table of predictions can be.

    Its threshold is 0.5, for no training has chosen one.

    Args:
        frame: As `join_members` gives it.
        name: The new model's.
        dataset: Whose images they are.
        members: Their names.

    Returns:
        The answer of the verb `adopt-table`.

    Raises:
        BadConfiguration: Where the name is taken.
        MammoError: Where the home cannot be written.
    """
    from mammo_core.table_models.adoption import TableImport, adopt_table

    with TemporaryDirectory() as folder:
        path = Path(folder) / f"{name}.parquet"
        write_ensemble(path, frame, members)
        return adopt_table(TableImport(file=path), name, dataset)
