"""How a dataset's images are spread: each column's values by class."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = (
    *("split", "view", "laterality", "density", "age", "manufacturer", "source", "acquisition"),
    *("implant", "birads", "size"),
)
"""What the images are counted by; `age` in tens of years, `size` as rows x columns."""

MISSING = "missing"
OTHER = "other"
UNLABELED = "unlabeled"
MAX_VALUES = 40
"""Of one column, the commonest; what is left is counted together."""

Table = dict[str, dict[str, int]]


def count_composition(index: "pd.DataFrame", classes: Sequence[str]) -> dict[str, Table]:
    """{column: {value: {label: images}}}, values in order, missing last.

    A column that no image has a value in is left out.

    Args:
        index: The dataset's index.
        classes: Mildest first; the labels come in this order.
    """
    import pandas as pd

    labels = index["label"].fillna(UNLABELED)
    tables = {}
    for name in COLUMNS:
        values = describe_column(index, name)
        if values is not None and values.notna().any():
            shown = _fold_rare(values).fillna(MISSING)
            tables[name] = _to_counts(pd.crosstab(shown, labels), classes)
    return tables


def describe_column(index: "pd.DataFrame", name: str) -> "pd.Series | None":
    """The column as texts, one an image, missing where unknown; None where there is none."""
    from mammo_core.metrics.attributes import to_decades

    if name == "size":
        return index["rows"].astype("str") + " x " + index["columns"].astype("str")
    if name not in index:
        return None
    if name == "age":
        return to_decades(index["age"])
    if name == "implant":
        return index["implant"].map({True: "yes", False: "no"}).astype("str")
    return index[name]


def count_splits(index: "pd.DataFrame", classes: Sequence[str]) -> dict[str, dict[str, object]]:
    """{split: {images, patients, classes: {label: images}}}; images in no split under missing."""
    splits = index["split"].fillna(MISSING)
    return {
        str(name): {
            "images": len(rows),
            "patients": int(rows["patient_id"].nunique()),
            "classes": {label: int((rows["label"] == label).sum()) for label in classes},
        }
        for name, rows in index.groupby(splits)
    }


def _fold_rare(values: "pd.Series") -> "pd.Series":
    """The values, those beyond the commonest as one."""
    counts = values.value_counts()
    if len(counts) <= MAX_VALUES:
        return values
    rare = values.isin(counts.index[MAX_VALUES:])
    return values.where(~rare, OTHER)


def _to_counts(table: "pd.DataFrame", classes: Sequence[str]) -> Table:
    order = sorted(table.index, key=lambda value: (value == MISSING, value == OTHER, value))
    labels = [label for label in (*classes, UNLABELED) if label in table]
    return {
        str(value): {label: int(table.loc[value, label]) for label in labels} for value in order
    }
