"""What can be set about a training, checked before anything is touched."""

import math
from dataclasses import dataclass
from typing import Literal

from mammo_core.augmentation import read_augmentation
from mammo_core.errors import BadConfiguration

Recipe = Literal["whole_image", "patch_to_image"]
Imbalance = Literal["none", "class_weights"]


@dataclass(frozen=True, kw_only=True)
class TrainingConfiguration:
    """The settings of one training.

    Attributes:
        recipe: "whole_image", or "patch_to_image", which first learns from patches around lesions
            (Shen et al. 2019, doi:10.1038/s41598-019-48995-4) and needs lesion masks.
        image_size: (rows, columns) of the model's input.
        epochs: Passes over the whole images.
        patch_epochs: Passes over the patches; only patch_to_image, as all that follows.
        patch_size: Side of a square patch in model pixels.
        patches_a_lesion: How many patches an epoch draws (with, without) each lesion.
        learning_rate: The highest of the cosine schedule, for whole images.
        patch_learning_rate: The same for patches.
        weight_decay: Of AdamW (Loshchilov and Hutter 2019, arXiv:1711.05101).
        imbalance: "class_weights" weighs each class by the inverse of its share.
        patience: Epochs of whole images without a better validation AUROC before the end.
    """

    recipe: Recipe = "patch_to_image"
    architecture: str = "compact_cnn"
    image_size: tuple[int, int] = (320, 192)
    epochs: int = 12
    batch_size: int = 16
    learning_rate: float = 1e-3
    patch_epochs: int = 40
    patch_size: int = 128
    patch_batch_size: int = 32
    patches_a_lesion: tuple[int, int] = (2, 3)
    patch_learning_rate: float = 4e-3
    weight_decay: float = 1e-3
    dropout: float = 0.1
    imbalance: Imbalance = "class_weights"
    augmentation: str = "standard"
    patience: int = 12
    seed: int = 0

    def __post_init__(self) -> None:
        """Refuse what cannot work, naming the key.

        Raises:
            BadConfiguration: For the first value outside its range.
        """
        for key in ("epochs", "batch_size", "patch_epochs", "patch_batch_size", "patience"):
            self._check(key, getattr(self, key) >= 1, "at least 1")
        for key in ("learning_rate", "patch_learning_rate"):
            value = getattr(self, key)
            self._check(key, math.isfinite(value) and 0 < value <= 1, "above 0 and at most 1")
        decay = self.weight_decay
        self._check("weight_decay", math.isfinite(decay) and 0 <= decay < 1, "in [0, 1)")
        self._check("dropout", 0 <= self.dropout < 1, "in [0, 1)")
        is_size = all(32 <= side <= 4096 for side in self.image_size)
        self._check("image_size", is_size, "32 to 4096 a side, such as 320x192")
        if self.recipe == "patch_to_image":
            is_patch = 32 <= self.patch_size <= min(self.image_size)
            self._check("patch_size", is_patch, "from 32 to the shorter side of image_size")
            self._check("patches_a_lesion", min(self.patches_a_lesion) >= 1, "at least 1x1")
        self._check("seed", self.seed >= 0, "0 or more")
        read_augmentation(self.augmentation)

    def _check(self, key: str, holds: bool, allowed: str) -> None:
        if not holds:
            raise BadConfiguration(f"Setting '{key}' must be {allowed}, got {getattr(self, key)}")
