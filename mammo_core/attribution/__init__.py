"""Attribution methods: how much each place of an image speaks for a class.

To add one: a file with a frozen dataclass like grad_cam.py, and a line in `METHODS`.
"""

from mammo_core.attribution.base import Attributed, Attribution, Question
from mammo_core.attribution.grad_cam import GradCam
from mammo_core.attribution.integrated_gradients import IntegratedGradients
from mammo_core.attribution.partition_shap import PartitionShap
from mammo_core.attribution.resolution import upsample
from mammo_core.attribution.saliency import Saliency
from mammo_core.attribution.together import (
    attribute_together,
    choose_methods,
    explain_together,
)

__all__ = [
    "METHODS",
    "Attributed",
    "Attribution",
    "Question",
    "attribute_together",
    "choose_methods",
    "explain_together",
    "upsample",
]

METHODS: dict[str, type[Attribution]] = {
    "grad_cam": GradCam,
    "saliency": Saliency,
    "integrated_gradients": IntegratedGradients,
    "partition_shap": PartitionShap,
}
