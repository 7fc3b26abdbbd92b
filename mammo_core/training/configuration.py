"""What can be set about a training, checked before anything is touched."""

from dataclasses import dataclass
from typing import Any, Literal

from mammo_core.architectures import ARCHITECTURES, PoolingChoice, check_architecture, find_imagenet
from mammo_core.augmentation import read_augmentation
from mammo_core.config import to_mapping, to_text
from mammo_core.errors import BadConfiguration

Recipe = Literal["whole_image", "patch_to_image", "transfer"]
Imbalance = Literal["none", "class_weights", "effective_number", "balanced_sampling"]
Background = Literal["blank", "keep"]
Loss = Literal["cross_entropy", "focal"]

MOST = 100_000
"""Epochs, and images in a batch, beyond which a number is a slip of the finger."""
LONGEST_NOTE = 300
"""Letters of a note."""


@dataclass(frozen=True, kw_only=True)
class TrainingConfiguration:
    """The settings of one training.

    Attributes:
        recipe: "whole_image"; "patch_to_image", which first learns from patches around lesions
            (Shen et al. 2019, doi:10.1038/s41598-019-48995-4) and needs lesion masks; "transfer",
            which trains the head on a frozen trunk, then the trunk's upper part, then all of it.
        architecture: A name of `ARCHITECTURES`.
        pooling: How the evidence of all positions becomes one answer; "own" as the architecture
            is known.
        channels: Of the model's input, 1 or 3; three hold the same gray image.
        weights: What the trunk begins with: "none", "imagenet", a weights file, a model's id.
        image_size: (rows, columns) of the model's input.
        crop: Whether images are cut to the breast.
        background: "blank" hides what lies outside the breast from the model, "keep" shows it.
        epochs: Passes over the whole images.
        learning_rate: The highest of the cosine schedule, for whole images; transfer takes a tenth
            of it, for a trunk that knows already.
        patch_epochs: Passes over the patches; only patch_to_image, as all `patch` settings.
        patch_size: Side of a square patch in model pixels.
        patches_a_lesion: How many patches an epoch draws (with, without) each lesion.
        patch_learning_rate: The highest of the cosine schedule, for patches.
        head_epochs: Passes over the features of a frozen trunk; only transfer, as the next three.
        upper_epochs: Passes in which the trunk's upper part learns too.
        upper_share: Share of the trunk's layers that count as its upper part.
        head_learning_rate: The highest of the cosine schedule, for the head.
        weight_decay: Of AdamW (Loshchilov and Hutter 2019, arXiv:1711.05101).
        imbalance: "class_weights" weighs each class by the inverse of its share,
            "effective_number" by that of its effective number (Cui et al. 2019,
            arXiv:1901.05555), "balanced_sampling" draws every class equally often. It is of whole
            images; the positions of patches have weights of their own.
        loss: "focal" is that of Lin et al. 2017, arXiv:1708.02002, with `focal_gamma`.
        label_smoothing: Share of each label that is spread over all classes (Szegedy et al. 2016,
            arXiv:1512.00567).
        augmentation: A preset's name, steps such as "flip,rotate:8,mixup:0.2", or both; cutout and
            mixup are of whole images.
        patience: Epochs of whole images without a better validation AUROC before the end.
        note: Anything that a reader of the model's card should know; it changes no training.
    """

    recipe: Recipe = "patch_to_image"
    architecture: str = "compact_cnn"
    pooling: PoolingChoice = "own"
    channels: int = 1
    weights: str = "none"
    image_size: tuple[int, int] = (320, 192)
    crop: bool = True
    background: Background = "blank"
    epochs: int = 12
    batch_size: int = 16
    learning_rate: float = 1e-3
    patch_epochs: int = 40
    patch_size: int = 128
    patch_batch_size: int = 32
    patches_a_lesion: tuple[int, int] = (2, 3)
    patch_learning_rate: float = 4e-3
    head_epochs: int = 10
    upper_epochs: int = 5
    upper_share: float = 0.3
    head_learning_rate: float = 1e-3
    weight_decay: float = 1e-3
    dropout: float = 0.1
    imbalance: Imbalance = "class_weights"
    loss: Loss = "cross_entropy"
    focal_gamma: float = 2.0
    label_smoothing: float = 0.0
    augmentation: str = "standard"
    patience: int = 12
    seed: int = 0
    note: str = ""

    @property
    def views(self) -> tuple[str, ...]:
        """The views that the input holds side by side; empty for a single image."""
        return ARCHITECTURES[self.architecture].views

    @property
    def input_shape(self) -> tuple[int, int, int]:
        """(H, W, C) of the model's input: `image_size` is that of one view."""
        rows, columns = self.image_size
        return rows, columns * max(1, len(self.views)), self.channels

    def __post_init__(self) -> None:
        """Refuse what cannot work, naming the key.

        Raises:
            BadConfiguration: For the first value outside its range.
        """
        check_architecture(self.architecture)
        counts = ("epochs", "batch_size", "patch_epochs", "patch_batch_size", "patience")
        for key in (*counts, "head_epochs", "upper_epochs"):
            self._check(key, 1 <= getattr(self, key) <= MOST, f"from 1 to {MOST}")
        for key in ("learning_rate", "patch_learning_rate", "head_learning_rate"):
            self._check(key, 0 < getattr(self, key) <= 1, "above 0 and at most 1")
        for key in ("weight_decay", "dropout", "label_smoothing"):
            self._check(key, 0 <= getattr(self, key) < 1, "in [0, 1)")
        self._check("upper_share", 0 < self.upper_share <= 1, "above 0 and at most 1")
        self._check("focal_gamma", 0 <= self.focal_gamma <= 10, "from 0 to 10")
        self._check("channels", self.channels in (1, 3), "1 or 3")
        self._check("seed", 0 <= self.seed < 2**32, f"from 0 to {2**32 - 1}")
        is_short = len(self.note) <= LONGEST_NOTE
        self._check("note", is_short, f"at most {LONGEST_NOTE} letters long")
        read_augmentation(self.augmentation)
        self._check_weights()
        self._check_sizes()

    def _check_weights(self) -> None:
        allowed = "none, imagenet, a weights file or a model"
        self._check("weights", bool(self.weights.strip()), allowed)
        if self.weights == "imagenet":
            find_imagenet(self.architecture)
        if self.recipe == "transfer":
            is_known = self.weights != "none"
            self._check("weights", is_known, "something to transfer: imagenet, a file or a model")

    def _check_sizes(self) -> None:
        is_size = all(32 <= side <= 4096 for side in self.image_size)
        self._check("image_size", is_size, "32 to 4096 a side, such as 320x192")
        if self.views and self.recipe != "whole_image":
            raise BadConfiguration(
                f"Setting 'recipe' must be whole_image for {self.architecture}; train "
                f"{ARCHITECTURES[self.architecture].trunk} by {self.recipe} first and begin with "
                "weights=THAT MODEL"
            )
        if self.recipe == "patch_to_image":
            is_patch = 32 <= self.patch_size <= min(self.image_size)
            self._check("patch_size", is_patch, "from 32 to the shorter side of image_size")
            is_number = all(1 <= number <= 1000 for number in self.patches_a_lesion)
            self._check("patches_a_lesion", is_number, "from 1x1 to 1000x1000")

    def _check(self, key: str, holds: bool, allowed: str) -> None:
        if not holds:
            got = to_text(getattr(self, key))
            raise BadConfiguration(f"Setting '{key}' must be {allowed}, got {got}")


def list_settings(config: TrainingConfiguration) -> dict[str, Any]:
    """What decides the training, as JSON would hold it: all but the note."""
    return {key: value for key, value in to_mapping(config).items() if key != "note"}
