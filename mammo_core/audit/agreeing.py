"""How alike the maps of an image are, and of which images they are not."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mammo_core.attribution import METHODS
from mammo_core.audit.options import DEAR
from mammo_core.evidence.likeness import mean_of_known

Record = dict[str, Any]


def measure_disagreement(record: Record) -> float | None:
    """1 less the mean rank correlation of an image's maps, None where there are no two.

    Controls and dear methods are left out: the latter do not see all images, and images compare
    only by the same methods.
    """
    everywhere = [n for n, m in METHODS.items() if not m.is_control and m.cost <= DEAR]
    rows = _to_matrix(record, everywhere)
    mean = float(mean_of_known(rows[np.triu_indices(len(rows), 1)]))
    return None if np.isnan(mean) else round(1 - mean, 4)


class MeanAgreement:
    """How alike each two methods' maps are, over the images where both say anything.

    Attributes:
        methods: The M names.
    """

    def __init__(self, methods: Sequence[str]) -> None:
        self.methods = tuple(methods)
        self._sums = np.zeros((len(methods), len(methods)))
        self._counts = np.zeros_like(self._sums)

    def add(self, record: Record) -> None:
        """Count an image in."""
        matrix = _to_matrix(record, self.methods)
        self._sums += np.nan_to_num(matrix)
        self._counts += np.isfinite(matrix)

    def tell(self, methods: Sequence[str]) -> Record:
        """{"methods", "correlations"}: the means of some of the methods, None where undefined."""
        places = [self.methods.index(name) for name in methods]
        pairs = np.ix_(places, places)
        rows = [
            [round(total / n, 3) if n else None for total, n in zip(*row, strict=True)]
            for row in zip(self._sums[pairs].tolist(), self._counts[pairs].tolist(), strict=True)
        ]
        return {"methods": list(methods), "correlations": rows}


def _to_matrix(record: Record, methods: Sequence[str]) -> NDArray[np.float64]:
    """(M, M) correlations of those methods' maps, NaN where one has none."""
    found = record["agreement"]
    given = np.array(found["correlations"], dtype=np.float64)  # None becomes NaN
    places = {name: k for k, name in enumerate(found["methods"])}
    there = [k for k, name in enumerate(methods) if name in places]
    matrix = np.full((len(methods), len(methods)), np.nan)
    rows = [places[methods[k]] for k in there]
    if there:
        matrix[np.ix_(there, there)] = given[np.ix_(rows, rows)]
    return matrix
