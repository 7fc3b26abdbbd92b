"""Evidence for explanations: how far each of them can be believed.

To add a measure: a file with a frozen dataclass, and a line in `METRICS` (of maps) or in
`METHOD_METRICS` (of methods, which explain again).
"""

from mammo_core.evidence.base import Evidence, MapMetric, MethodMetric

__all__ = ["METHOD_METRICS", "METRICS", "Evidence", "MapMetric", "MethodMetric"]

METRICS: dict[str, type[MapMetric]] = {}

METHOD_METRICS: dict[str, type[MethodMetric]] = {}
