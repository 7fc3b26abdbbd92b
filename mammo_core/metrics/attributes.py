"""What rows can be grouped by: the metadata columns of a prediction table, numbers in bins."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pandas as pd
from numpy.typing import NDArray

COLUMNS = ("density", "age", "manufacturer", "laterality", "view", "source", "birads")
"""Those that come first, whatever the order of the table."""
IDENTITY = frozenset(
    ("image_id", "patient_id", "exam_id", "label", "path", "mask_path", "sha256", "n_images")
)
"""What tells rows apart rather than what they have in common, and the truth itself."""
OF_DIAGNOSIS = frozenset(("birads", "lesion"))
"""Known only from the diagnosis: rows that share a value share much of the truth."""

OLDEST = 130  # years; nobody has lived longer, so that a higher age is a slip or a code

MAX_GROUPS = 40  # of one of COLUMNS, the largest first
MAX_VALUES = 12  # of another column; with more it is free text, or a number
MAX_FURTHER = 60  # groups of the other columns together, in the order of the table


@dataclass(frozen=True, eq=False)
class Attribute:
    """A column as groups of rows.

    Attributes:
        name: Of the column.
        codes: (N,) place of each row's value in `values`, -1 in none of them.
        values: What each group shares; None, the last, for rows where it is missing.
    """

    name: str
    codes: NDArray[np.int8]
    values: tuple[str | None, ...]


def list_attributes(frame: pd.DataFrame) -> list[Attribute]:
    """The columns of `COLUMNS` with any value, then all others that tell groups apart.

    Ages lie in tens, other numbers of more than `MAX_VALUES` values in quarters of the rows. Left
    out are identifiers and free texts: texts of more than `MAX_VALUES` values; texts and whole
    numbers of more values than half the patients; and what exceeds `MAX_FURTHER` groups.

    Args:
        frame: Of a prediction table.
    """
    told = {name: frame[name] for name in COLUMNS if name in frame}
    if "age" in told:
        told["age"] = to_decades(told["age"])
    attributes = [group_values(name, one) for name, one in told.items() if one.notna().any()]
    room = MAX_FURTHER
    for attribute in filter(None, (_read_further(frame, name) for name in _further(frame))):
        if len(attribute.values) <= room:
            attributes.append(attribute)
            room -= len(attribute.values)
    return attributes


def find_alike(columns: Mapping[str, NDArray[np.integer]]) -> dict[str, tuple[str, ...]]:
    """For each column the later ones that split the rows as it does; those are no keys themselves.

    Args:
        columns: By name (N,) a number for each row, the same for rows of one group.
    """
    first: dict[bytes, str] = {}
    alike: dict[str, tuple[str, ...]] = {}
    for name, codes in columns.items():
        split = pd.factorize(codes)[0].astype(np.int32).tobytes()  # numbered as groups appear
        name_of = first.setdefault(split, name)
        alike[name_of] = () if name_of == name else (*alike[name_of], name)
    return alike


def to_decades(ages: pd.Series) -> pd.Series:
    """Texts such as "40-49"; missing where it is unknown, or an age that no person has."""
    decades = (ages.where(ages.between(0, OLDEST)) // 10 * 10).astype("Int64")
    return decades.astype("string") + "-" + (decades + 9).astype("string")


def to_quarters(numbers: pd.Series) -> pd.Series:
    """Texts such as "up to 0.07" and "0.07 to 0.085", each of about a quarter of the rows."""
    edges = np.unique(numbers.quantile([0.25, 0.5, 0.75]))
    edges = edges[edges < numbers.max()]
    ends = [f"{edge:.4g}" for edge in edges]
    between = [f"{low} to {high}" for low, high in pairwise(ends)]
    names = [f"up to {ends[0]}", *between, f"over {ends[-1]}"] if ends else ["all"]
    bins = pd.Categorical.from_codes(np.searchsorted(edges, numbers), pd.Index(names), ordered=True)
    return pd.Series(bins, numbers.index).where(numbers.notna())


def group_values(name: str, values: pd.Series) -> Attribute:
    """The column as groups in the order of their values, the `MAX_GROUPS` largest."""
    codes, uniques = pd.factorize(values, sort=True)
    sizes = np.bincount(codes[codes >= 0], minlength=len(uniques))
    shown = np.sort(np.argsort(-sizes, kind="stable")[:MAX_GROUPS])
    place = np.full(len(uniques) + 1, -1, dtype=np.int8)  # its last is where missing rows look
    place[shown] = np.arange(len(shown))
    names: list[str | None] = [_spell(uniques[code]) for code in shown]
    if (codes < 0).any():
        place[-1] = len(names)
        names.append(None)
    return Attribute(name, place[codes], tuple(names))


def _spell(value: object) -> str:
    """A value as a table has it: whole numbers without a decimal point."""
    return f"{value:.15g}" if isinstance(value, float) else str(value)


def _further(frame: pd.DataFrame) -> list[str]:
    left_out = IDENTITY.union(COLUMNS)
    return [str(c) for c in frame.columns if c not in left_out and not str(c).startswith("p_")]


def _read_further(frame: pd.DataFrame, name: str) -> Attribute | None:
    """The column as groups; None for one group, an identifier or free text."""
    values, most = frame[name], frame["patient_id"].nunique() / 2
    if values.nunique() > MAX_VALUES:
        numbers = pd.to_numeric(values, errors="coerce").astype(np.float64)
        if not _is_measured(numbers, values, most):
            return None
        values = to_quarters(numbers)
    n_values = values.nunique()
    if n_values + values.isna().any() < 2 or n_values > most:
        return None
    return group_values(name, values)


def _is_measured(numbers: pd.Series, values: pd.Series, most: float) -> bool:
    """Whether a column holds amounts: finite numbers, and no whole ones that number the rows."""
    known = numbers.dropna()
    if len(known) < values.notna().sum() or not np.isfinite(known).all():
        return False
    return bool(known.nunique() <= most or (known % 1 != 0).any())
