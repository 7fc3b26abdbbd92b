"""What was measured on all images, as arrays and as the table that is kept."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from mammo_core.audit.zones import BREAST, ZONES
from mammo_core.evidence import METHOD_METRICS, METRICS

if TYPE_CHECKING:
    import pandas as pd

Record = dict[str, Any]
Values = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Figures:
    """The records of an audit's images.

    Attributes:
        records: One an image, as `measure_case` and `explain_again` give them.
        methods: The M names, in the order of the table of methods.
        metrics: The Q names.
    """

    records: Sequence[Record]
    methods: tuple[str, ...]
    metrics: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.records)

    @cached_property
    def patients(self) -> NDArray[np.intp]:
        """(N,) number of each image's patient; an image of an unknown patient is its own."""
        names = [record["patient_id"] or record["image_id"] for record in self.records]
        return np.unique(names, return_inverse=True)[1].reshape(-1)

    @property
    def n_patients(self) -> int:
        """How many they are."""
        return int(self.patients.max()) + 1

    @cached_property
    def is_right(self) -> NDArray[np.bool_]:
        """(N,) whether the predicted class is the true one."""
        return np.array([record["predicted"] == record["label"] for record in self.records])

    @cached_property
    def values(self) -> Values:
        """(M, Q, N) what each measure says of each method's map, NaN where undefined."""
        cells = [
            [[_find(record, method, metric) for record in self.records] for metric in self.metrics]
            for method in self.methods
        ]
        return np.array(cells, dtype=np.float64).reshape(
            len(self.methods), len(self.metrics), len(self)
        )

    @cached_property
    def counted(self) -> Values:
        """`values` without the places of maps of images that the model calls wrongly.

        A map gives the model's reason for what it said; where that was wrong, a reason beside the
        lesion may be the true one.
        """
        counted = self.values.copy()
        for k, metric in enumerate(self.metrics):
            if metric in METRICS and METRICS[metric].family == "localization":
                counted[:, k, ~self.is_right] = np.nan
        return counted

    def shares(self, zone: str) -> Values:
        """(M, N) share of each map's positive evidence in a zone, NaN where undefined."""
        rows = [
            [
                _or_nan(record["methods"].get(name, {}).get("shares", {}).get(zone))
                for record in self.records
            ]
            for name in self.methods
        ]
        return np.array(rows, dtype=np.float64).reshape(len(self.methods), len(self))

    def areas(self, zone: str) -> Values:
        """(N,) share of each picture that a zone takes, NaN where there is none of it."""
        areas = np.array([record["areas"][zone] for record in self.records], dtype=np.float64)
        return np.where(areas > 0, areas, np.nan)

    def to_table(self) -> "pd.DataFrame":
        """One row an image and method: see docs/audit.md."""
        import pandas as pd

        rows = [
            {**_tell_image(record), **_tell_method(record, name, self.metrics)}
            for record in self.records
            for name in self.methods
            if name in record["methods"]
        ]
        table = pd.DataFrame(rows)
        numbers = table.select_dtypes("float").columns
        return table.astype(dict.fromkeys(numbers, np.float32))


def _tell_image(record: Record) -> Record:
    names = ("image_id", "patient_id", "label", "predicted", "laterality", "view", "lesion")
    return {name: record[name] for name in names} | {
        "lesion_mm2": _or_nan(record["lesion_mm2"]),
        "disagreement": _or_nan(record["disagreement"]),
    }


def _tell_method(record: Record, method: str, metrics: Sequence[str]) -> Record:
    found = record["methods"][method]
    return {
        "method": method,
        "is_telling": found["is_telling"],
        "seconds": found["seconds"],
        **{metric: _find(record, method, metric) for metric in metrics},
        **{f"share_{zone}": _or_nan(found["shares"][zone]) for zone in (*ZONES, BREAST)},
    }


def _find(record: Record, method: str, metric: str) -> float:
    """What a measure says of a method's map of one image."""
    parts = (record["again"] if metric in METHOD_METRICS else record)["methods"]
    found = parts.get(method, {})
    return _or_nan(
        found.get(metric) if metric in METHOD_METRICS else found.get("metrics", {}).get(metric)
    )


def _or_nan(value: float | None) -> float:
    return float("nan") if value is None else float(value)
