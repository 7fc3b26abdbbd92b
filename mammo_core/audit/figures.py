"""What was measured on all images, as arrays and as the table that is kept."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import NDArray

from mammo_core.audit.agreeing import measure_disagreement
from mammo_core.audit.zones import BREAST, ZONES
from mammo_core.evidence import METHOD_METRICS, METRICS

if TYPE_CHECKING:
    import pandas as pd

Record = dict[str, Any]
Values = NDArray[np.float64]
PLACES = (*ZONES, BREAST)
OF_IMAGE = ("image_id", "patient_id", "label", "predicted", "laterality", "view", "lesion")
"""What the table repeats of an image's facts."""
FACTS = (*OF_IMAGE, "lesion_mm2", "areas", "probabilities", "blanked")
"""What stays in memory of a record besides its numbers of maps."""


@dataclass(frozen=True, eq=False, slots=True)
class Look:
    """What figures need of an image: 2 KB, and 0.1 a method, of a record's tens.

    Attributes:
        facts: `FACTS` of its record, and `disagreement`.
        cells: (M, Q + zones + 2) float32: each method's measures, shares of `PLACES`, whether its
            map is telling, and seconds; NaN where undefined, throughout where there is no map.
    """

    facts: Record
    cells: NDArray[np.float32]


def look_at(record: Record, methods: Sequence[str], metrics: Sequence[str]) -> Look:
    """What is kept of the record of an image, as `measure_case` and `explain_again` give it."""
    cells = np.full((len(methods), len(metrics) + len(PLACES) + 2), np.nan, np.float32)
    for k, name in enumerate(methods):
        found = record["methods"].get(name)
        if found is not None:
            measures = [_find(record, name, metric) for metric in metrics]
            shares = [found["shares"].get(place) for place in PLACES]
            cells[k] = [*measures, *shares, found["is_telling"], found["seconds"]]
    facts = {name: record[name] for name in FACTS}
    return Look(facts | {"disagreement": measure_disagreement(record)}, cells)


@dataclass(frozen=True, eq=False)
class Figures:
    """The figures of an audit's images.

    Attributes:
        looks: One an image.
        methods: The M names, in the order of the table of methods.
        metrics: The Q names.
    """

    looks: Sequence[Look]
    methods: tuple[str, ...]
    metrics: tuple[str, ...]

    @classmethod
    def of(
        cls, records: Iterable[Record], methods: tuple[str, ...], metrics: tuple[str, ...]
    ) -> Self:
        """The figures of records."""
        return cls([look_at(one, methods, metrics) for one in records], methods, metrics)

    def __len__(self) -> int:
        return len(self.looks)

    def of_methods_with_maps(self) -> Self:
        """Without the methods that gave no map of any image."""
        there = np.any(self.has_map, axis=1).tolist()
        names = tuple(name for name, is_there in zip(self.methods, there, strict=True) if is_there)
        looks = [replace(look, cells=look.cells[there]) for look in self.looks]
        return replace(self, looks=looks, methods=names)

    def facts(self, name: str) -> list[Any]:
        """(N,) a fact of each image, None where it is not known."""
        return [look.facts[name] for look in self.looks]

    @cached_property
    def patients(self) -> NDArray[np.intp]:
        """(N,) number of each image's patient; an image of an unknown patient is its own."""
        known = zip(self.facts("patient_id"), self.facts("image_id"), strict=True)
        names = [patient or image for patient, image in known]
        return np.unique(names, return_inverse=True)[1].reshape(-1)

    @property
    def n_patients(self) -> int:
        """How many they are."""
        return int(self.patients.max(initial=-1)) + 1

    @cached_property
    def is_right(self) -> NDArray[np.bool_]:
        """(N,) whether the predicted class is the true one."""
        told = zip(self.facts("predicted"), self.facts("label"), strict=True)
        return np.array([predicted == label for predicted, label in told], dtype=bool)

    @cached_property
    def has_lesion(self) -> NDArray[np.bool_]:
        """(N,) whether a lesion is marked."""
        return np.array([areas["lesion"] > 0 for areas in self.facts("areas")], dtype=bool)

    @cached_property
    def values(self) -> Values:
        """(M, Q, N) what each measure says of each method's map, NaN where undefined."""
        return self._stack(slice(len(self.metrics)))

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

    @property
    def is_telling(self) -> Values:
        """(M, N) 1 where a map says anything, 0 where it is constant or not finite, else NaN."""
        return self._stack(slice(-2, -1))[:, 0]

    @property
    def has_map(self) -> NDArray[np.bool_]:
        """(M, N) which methods gave a map of which images."""
        return ~np.isnan(self.is_telling)

    def shares(self, zone: str) -> Values:
        """(M, N) share of each map's positive evidence in a zone, NaN where undefined."""
        place = len(self.metrics) + PLACES.index(zone)
        return self._stack(slice(place, place + 1))[:, 0]

    def areas(self, zone: str) -> Values:
        """(N,) share of each picture that a zone takes, NaN where there is none of it."""
        areas = np.array([areas[zone] for areas in self.facts("areas")], dtype=np.float64)
        return np.where(areas > 0, areas, np.nan)

    def to_table(self) -> "pd.DataFrame":
        """One row an image and method: see docs/audit.md."""
        import pandas as pd

        images, methods = np.nonzero(self.has_map.T)
        numbers = {name: _to_column(self.facts(name)) for name in ("lesion_mm2", "disagreement")}
        names = (*self.metrics, *(f"share_{place}" for place in PLACES), "is_telling", "seconds")
        cells = {name: self._stack(slice(k, k + 1))[methods, 0, images].astype(np.float32)
                 for k, name in enumerate(names)}  # fmt: skip
        return pd.DataFrame(
            {name: np.array(self.facts(name), dtype=object)[images] for name in OF_IMAGE}
            | {name: column[images] for name, column in numbers.items()}
            | {"method": np.array(self.methods, dtype=object)[methods]}
            | {"is_telling": cells.pop("is_telling") > 0, "seconds": cells.pop("seconds"), **cells}
        )

    def _stack(self, columns: slice) -> Values:
        """(M, columns, N) those columns of all cells."""
        n_columns = len(range(*columns.indices(len(self.metrics) + len(PLACES) + 2)))
        stack = np.empty((len(self.methods), n_columns, len(self)))
        for n, look in enumerate(self.looks):
            stack[..., n] = look.cells[:, columns]
        return stack


def _to_column(values: Sequence[float | None]) -> NDArray[np.float32]:
    return np.array(values, dtype=np.float64).astype(np.float32)  # None becomes NaN


def _find(record: Record, method: str, metric: str) -> float | None:
    """What a measure says of a method's map of one image."""
    if metric in METHOD_METRICS:
        again: dict[str, float | None] = record["again"]["methods"].get(method, {})
        return again.get(metric)
    found: dict[str, float | None] = record["methods"][method]["metrics"]
    return found.get(metric)
