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


def join_agreement(records: Sequence[Record], methods: Sequence[str]) -> Record:
    """{"methods", "correlations"}: means over the images where both maps say anything."""
    stack = np.stack([_to_matrix(record, methods) for record in records], axis=-1)
    means = mean_of_known(stack)
    rows = [[None if np.isnan(mean) else round(float(mean), 3) for mean in row] for row in means]
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
