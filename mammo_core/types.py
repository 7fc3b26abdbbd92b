"""The few types that several rooms of the house share."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

Laterality = Literal["L", "R"]


@dataclass(frozen=True)
class Contrast:
    """The difference of two classes' logits: what speaks for one of them rather than the other.

    Attributes:
        of: Index or name of the class spoken for.
        against: Index or name of the other.
    """

    of: int | str
    against: int | str


Target = int | str | Contrast | Sequence[int | str | Contrast] | NDArray[np.integer]
"""What is explained: a class, a difference of two, or one of these for each image."""

Progress = Callable[[int, int, str], None]
"""Called with (done, total, what is being done); may raise `Cancelled`."""


def no_progress(done: int, total: int, doing: str) -> None:
    """Report nothing."""


@dataclass(frozen=True)
class Step:
    """One thing that was done to an image on its way from the file to the model.

    Attributes:
        name: A short title, for instance "Invert".
        detail: What was done with which numbers, for a reader who wants to check it.
    """

    name: str
    detail: str


@dataclass(frozen=True, eq=False)
class Mammogram:
    """One image as read from a file.

    Attributes:
        pixels: (H, W) float32 in [0, 1]; bright is dense tissue, background is 0.
        laterality: "L", "R", or None where no source tells.
        view: "CC", "MLO", ...; None where no source tells.
        pixel_spacing_mm: Millimetres a pixel, None where unknown.
        manufacturer: As the header says, None where unknown.
        steps: What was done to the stored values, in order.
        header: Further facts that carry no identity (modality, photometric interpretation, ...).
    """

    pixels: NDArray[np.float32]
    laterality: Laterality | None = None
    view: str | None = None
    pixel_spacing_mm: float | None = None
    manufacturer: str | None = None
    steps: tuple[Step, ...] = ()
    header: dict[str, Any] | None = None

    @property
    def rows(self) -> int:
        """The image's height in pixels."""
        return int(self.pixels.shape[0])

    @property
    def columns(self) -> int:
        """The image's width in pixels."""
        return int(self.pixels.shape[1])


@dataclass(frozen=True)
class Verdict:
    """The gate's answer about one file.

    Attributes:
        verdict: "accept", "ask" (a person must decide) or "refuse".
        reasons: Sentences that a radiographer understands; never empty for a refusal.
    """

    verdict: Literal["accept", "ask", "refuse"]
    reasons: tuple[str, ...]
    laterality: Laterality | None = None
    view: str | None = None
    rows: int | None = None
    columns: int | None = None


class Classifier(Protocol):
    """Anything that gives class probabilities and their gradients; NumPy in, NumPy out."""

    @property
    def classes(self) -> tuple[str, ...]:
        """The class names, mildest first."""

    @property
    def input_shape(self) -> tuple[int, int, int]:
        """(H, W, C) of one image."""

    def predict(self, images: NDArray[np.float32]) -> NDArray[np.float32]:
        """(N, K) probabilities for (N, H, W, C) images."""

    def logits(self, images: NDArray[np.float32]) -> NDArray[np.float32]:
        """(N, K) logits for (N, H, W, C) images."""

    def gradient(self, images: NDArray[np.float32], target: Target) -> NDArray[np.float32]:
        """(N, H, W, C) gradient of each image's target logit with respect to the image.

        That of a `Contrast` is the difference of both classes' gradients.
        """


@runtime_checkable
class Batched(Protocol):
    """A classifier that passes so many images at once and longer stacks part by part."""

    @property
    def batch_size(self) -> int:
        """Images in one pass."""


@runtime_checkable
class ClassGradients(Protocol):
    """A classifier that sums the gradients of all classes over images, from one forward pass."""

    def summed_gradients_of_classes(
        self, images: NDArray[np.float32], weights: NDArray[np.float32]
    ) -> NDArray[np.float32]:
        """(G, K, H, W, C): for (G, N) weights, the weighted sums of each logit's gradients."""


@runtime_checkable
class GuidedGradients(Protocol):
    """A classifier whose ReLUs can be made to pass back only what is positive."""

    def guided_gradient(self, images: NDArray[np.float32], target: Target) -> NDArray[np.float32]:
        """(N, H, W, C) gradient, all that is negative stopped at each ReLU."""


@runtime_checkable
class NetworkClassifier(Protocol):
    """A classifier whose Keras network can be handed to a library."""

    @property
    def logit_network(self) -> Any:
        """A `LogitNetwork`: the network with one linear unit, the logit that is asked about."""


@runtime_checkable
class RandomizableClassifier(Protocol):
    """A classifier whose weights can be drawn anew in a copy of its network."""

    @property
    def weight_cascade(self) -> Any:
        """A `WeightCascade`: the copy, with as many top layers forgotten as is asked for."""


class SinglePass(NamedTuple):
    """What one forward and one backward pass give about each image's target logit.

    Attributes:
        gradient: (N, H, W, C), with respect to the image.
        activations: (N, h, w, channels), a layer's output.
        layer_gradient: (N, h, w, channels), with respect to that output.
    """

    gradient: NDArray[np.float32]
    activations: NDArray[np.float32]
    layer_gradient: NDArray[np.float32]


class LayeredClassifier(Classifier, Protocol):
    """A classifier whose convolutional layers can be looked into."""

    @property
    def layers(self) -> tuple[str, ...]:
        """Paths of the convolutional layers in the order of the forward pass."""

    @property
    def layer(self) -> str | None:
        """Path of the layer that is looked into by default, None where none gives a map."""

    def activations_and_gradients(
        self, images: NDArray[np.float32], target: Target, layer: str | None = None
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """(activations, gradient of the target's logit), both (N, h, w, channels) of a layer."""

    def single_pass(
        self, images: NDArray[np.float32], target: Target, layer: str | None = None
    ) -> SinglePass:
        """The input's gradient and a layer's activations and gradients together, at one cost."""

    def logits_from_layer(
        self,
        images: NDArray[np.float32],
        activations: NDArray[np.float32],
        layer: str | None = None,
    ) -> NDArray[np.float32]:
        """(N, K) logits as they would be if a layer gave these (N, h, w, channels)."""
