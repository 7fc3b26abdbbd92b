"""Evidence for explanations: how far each of them can be believed.

To add a measure: a file with a frozen dataclass, and a line in `METRICS` (of maps) or in
`METHOD_METRICS` (of methods, which explain again).
"""

from mammo_core.evidence.auprc import AveragePrecision
from mammo_core.evidence.base import Evidence, MapMetric, MethodMetric
from mammo_core.evidence.class_sensitivity import ClassSensitivity
from mammo_core.evidence.completeness import Completeness
from mammo_core.evidence.deletion import Deletion
from mammo_core.evidence.energy_pointing import EnergyPointing
from mammo_core.evidence.entropy import Entropy
from mammo_core.evidence.infidelity import Infidelity
from mammo_core.evidence.insertion import Insertion
from mammo_core.evidence.iou import IntersectionOverUnion
from mammo_core.evidence.max_sensitivity import MaxSensitivity
from mammo_core.evidence.model_randomization import ModelRandomization
from mammo_core.evidence.pointing_game import PointingGame
from mammo_core.evidence.relevance_rank import RelevanceRank
from mammo_core.evidence.repeatability import Repeatability
from mammo_core.evidence.road import Road
from mammo_core.evidence.sparseness import Sparseness
from mammo_core.evidence.together import apply_metrics, choose_metrics, measure_together

__all__ = [
    "METHOD_METRICS",
    "METRICS",
    "Evidence",
    "MapMetric",
    "MethodMetric",
    "apply_metrics",
    "choose_metrics",
    "measure_together",
]

METRICS: dict[str, type[MapMetric]] = {
    "deletion": Deletion,
    "insertion": Insertion,
    "road": Road,
    "infidelity": Infidelity,
    "pointing_game": PointingGame,
    "energy_pointing": EnergyPointing,
    "relevance_rank": RelevanceRank,
    "iou": IntersectionOverUnion,
    "auprc": AveragePrecision,
    "sparseness": Sparseness,
    "entropy": Entropy,
}

METHOD_METRICS: dict[str, type[MethodMetric]] = {
    "completeness": Completeness,
    "max_sensitivity": MaxSensitivity,
    "repeatability": Repeatability,
    "model_randomization": ModelRandomization,
    "class_sensitivity": ClassSensitivity,
}
