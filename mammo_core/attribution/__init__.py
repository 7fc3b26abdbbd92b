"""Attribution methods: how much each place of an image speaks for a class.

To add one: a file with a frozen dataclass like grad_cam.py, and a line in `METHODS`.
"""

from mammo_core.attribution.ablation_cam import AblationCam
from mammo_core.attribution.base import Attributed, Attribution, Question
from mammo_core.attribution.controls import (
    BlurredCopy,
    CenterMap,
    EdgeMap,
    RandomMap,
    SmoothRandomMap,
)
from mammo_core.attribution.deep_shap import DeepShap
from mammo_core.attribution.eigen_cam import EigenCam
from mammo_core.attribution.expected_gradients import ExpectedGradients
from mammo_core.attribution.grad_cam import GradCam
from mammo_core.attribution.grad_cam_plus_plus import GradCamPlusPlus
from mammo_core.attribution.gradient_shap import GradientShap
from mammo_core.attribution.guided_backprop import GuidedBackprop
from mammo_core.attribution.hires_cam import HiResCam
from mammo_core.attribution.input_x_gradient import InputXGradient
from mammo_core.attribution.integrated_gradients import IntegratedGradients
from mammo_core.attribution.layer_cam import LayerCam
from mammo_core.attribution.lime import Lime
from mammo_core.attribution.occlusion import Occlusion
from mammo_core.attribution.partition_shap import PartitionShap
from mammo_core.attribution.resolution import upsample
from mammo_core.attribution.rise import Rise
from mammo_core.attribution.saliency import Saliency
from mammo_core.attribution.score_cam import ScoreCam
from mammo_core.attribution.smooth_grad import SmoothGrad
from mammo_core.attribution.smooth_grad_squared import SmoothGradSquared
from mammo_core.attribution.together import (
    attribute_together,
    choose_methods,
    explain_together,
)
from mammo_core.attribution.var_grad import VarGrad
from mammo_core.attribution.xgrad_cam import XGradCam

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
    "grad_cam_plus_plus": GradCamPlusPlus,
    "hires_cam": HiResCam,
    "layer_cam": LayerCam,
    "xgrad_cam": XGradCam,
    "score_cam": ScoreCam,
    "ablation_cam": AblationCam,
    "eigen_cam": EigenCam,
    "saliency": Saliency,
    "input_x_gradient": InputXGradient,
    "smooth_grad": SmoothGrad,
    "smooth_grad_squared": SmoothGradSquared,
    "var_grad": VarGrad,
    "guided_backprop": GuidedBackprop,
    "integrated_gradients": IntegratedGradients,
    "expected_gradients": ExpectedGradients,
    "gradient_shap": GradientShap,
    "deep_shap": DeepShap,
    "partition_shap": PartitionShap,
    "occlusion": Occlusion,
    "rise": Rise,
    "lime": Lime,
    "random": RandomMap,
    "random_smooth": SmoothRandomMap,
    "edges": EdgeMap,
    "center": CenterMap,
    "blurred": BlurredCopy,
}
