"""The recipes there are, each a row of stages."""

from collections.abc import Callable

from mammo_core.training.configuration import Recipe, TrainingConfiguration
from mammo_core.training.data import TrainingData
from mammo_core.training.stages import Stage, build_image_stage, build_patch_stage
from mammo_core.training.transfer import build_head_stage, build_upper_stage, build_whole_stage

RECIPES: dict[Recipe, tuple[Callable[[TrainingData, TrainingConfiguration], Stage], ...]] = {
    "whole_image": (build_image_stage,),
    "patch_to_image": (build_patch_stage, build_image_stage),
    "transfer": (build_head_stage, build_upper_stage, build_whole_stage),
}
