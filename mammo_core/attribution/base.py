"""What every attribution method declares, and what it is given to work with."""

import abc
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, TypeVar, cast

import numpy as np
from numpy.typing import NDArray

from mammo_core.attribution.resolution import upsample
from mammo_core.targets import split_target, weigh_target
from mammo_core.types import Classifier, LayeredClassifier, Progress, Target, no_progress

Images = NDArray[np.float32]
Maps = NDArray[np.float32]
Need = Literal["gradient", "layer", "noisy_gradients"]
Access = Literal["nothing", "logits", "gradient", "layer", "network"]
"""How deep a method looks into a model; a `Classifier` of any kind serves the first three."""

Kept = TypeVar("Kept")
QUICK = 10
"""Forward passes an image that a page may take without being asked; see `Attribution.cost`."""


LOGIT_ROUNDING = 1e-5
"""Up to here a difference of float32 logits, or of a map's sum from it, may be rounding."""


@dataclass(frozen=True, eq=False)
class Attributed:
    """What a method answers.

    Attributes:
        maps: (N, h, w) float32 at the method's own resolution and scale.
        total: (N,), what each map must add up to by the method's own axiom (a difference of
            logits); None where it promises no such thing.
        note: What to know before believing the maps, in words; empty where there is nothing.
    """

    maps: Maps
    total: NDArray[np.float32] | None = None
    note: str = ""

    @property
    def completeness_gap(self) -> NDArray[np.float32] | None:
        """(N,) distance of each map's sum from its total, as a share of the total.

        NaN where both are within the rounding of logits: of a logit that never changes there is
        nothing to account for.
        """
        if self.total is None:
            return None
        missing = np.abs(self.maps.sum(axis=(1, 2), dtype=np.float64) - self.total)
        sizes = np.abs(self.total)
        gaps = missing / np.maximum(sizes, LOGIT_ROUNDING)
        is_nothing = np.maximum(missing, sizes) <= LOGIT_ROUNDING
        return np.where(is_nothing, np.nan, gaps).astype(np.float32)


class Question:
    """Images and the class to explain, with one shared forward and backward pass.

    The pass runs when its first part is asked for. Who shares a question among several methods
    says what any of them needs, so that no part is computed twice and none in vain. All arrays
    are read-only views, for they are shared.

    Attributes:
        model: The classifier.
        images: (N, H, W, C) float32.
        target: What is explained of each image: a class index, or a contrast of two.
        weights: (N, classes) by which the logits are multiplied and summed.
        progress: Told by methods of many passes how many they are through with; may end them.
        kept: What was kept before of the same model and images, be it for another target.

    Raises:
        ValueError: For an unknown class, images of another size or values that are not finite.
    """

    def __init__(
        self,
        model: Classifier,
        images: Images,
        target: Target,
        needs: Sequence[Need] = (),
        progress: Progress = no_progress,
        kept: dict[Hashable, Any] | None = None,
    ) -> None:
        self.model = model
        self.progress = progress
        self._kept = {} if kept is None else kept
        self.images = _read_only(np.asarray(images, dtype=np.float32))
        if self.images.shape[1:] != tuple(model.input_shape) or not len(self.images):
            wanted = ", ".join(str(side) for side in model.input_shape)
            raise ValueError(f"Expected images of shape (N, {wanted}), got {self.images.shape}")
        if not np.isfinite(self.images).all():
            raise ValueError("Expected images of finite values, got some that are no numbers")
        self.target = split_target(target, model.classes, len(self.images))
        self.weights = weigh_target(target, model.classes, len(self.images))
        self._shares_gradient = "gradient" in needs
        self._gradient: NDArray[np.float32] | None = None
        self._layers: dict[str | None, tuple[NDArray[np.float32], NDArray[np.float32]]] = {}

    @property
    def gradient(self) -> NDArray[np.float32]:
        """(N, H, W, C) gradient of the target's logit with respect to the image."""
        if self._gradient is None:
            self._gradient = _read_only(self.model.gradient(self.images, self.target))
        return self._gradient

    def layer(self, path: str | None) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """(activations, gradients) of a layer, both (N, h, w, channels); None: the model's own."""
        if path not in self._layers:
            activations, gradients = self._look_into(path)
            self._layers[path] = _read_only(activations), _read_only(gradients)
        return self._layers[path]

    def keep(self, name: Hashable, make: Callable[[], Kept]) -> Kept:
        """What `make` gives, made once and kept for every method that asks for the same.

        Args:
            name: Tells it from all else about these images: its settings, and the target if it
                depends on that.
            make: Called by whoever asks first; what it gives is small and not changed afterwards.
        """
        if name not in self._kept:
            self._kept[name] = make()
        return cast(Kept, self._kept[name])

    def target_logits(self, images: Images) -> NDArray[np.float32]:
        """(N,) logits of the targets for other versions of the same images, or their gaps."""
        return (self.model.logits(images) * self.weights).sum(axis=1)

    def _look_into(self, path: str | None) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        model = cast(LayeredClassifier, self.model)
        if self._gradient is None and self._shares_gradient:
            found = model.single_pass(self.images, self.target, path)
            self._gradient = _read_only(found.gradient)
            return found.activations, found.layer_gradient
        return model.activations_and_gradients(self.images, self.target, path)


def _read_only(array: NDArray[np.float32]) -> NDArray[np.float32]:
    """A view that cannot be written to; who owns the array still can."""
    view = array.view()
    view.flags.writeable = False
    return view


@dataclass(frozen=True, kw_only=True)
class Attribution(abc.ABC):
    """A method that says how much each place of an image speaks for a class.

    A subclass is final; its fields are its settings, each with a default.

    Attributes:
        title: The paper's spelling.
        reference: Author, year, DOI or arXiv.
        signed: Whether negative values (evidence against the class) occur.
        passes: What it costs, in words that name forward and backward passes.
        cost: The same as a number of forward passes an image, a backward one counting as two,
            at the default settings.
        access: How deep it looks into the model.
        needs: What it takes from what methods share: of one pass the "gradient" or a "layer", the
            "noisy_gradients" of many passes, or nothing.
        is_control: Whether it knows nothing of the model and only stands beside the others.
        is_class_blind: Whether its map is the same for every class, as a control's is.
        revision: Of its definition: raised whenever its answers change, so that none is taken
            from disk that was made by an older one.
    """

    title: ClassVar[str]
    reference: ClassVar[str]
    signed: ClassVar[bool]
    passes: ClassVar[str]
    cost: ClassVar[int]
    access: ClassVar[Access]
    needs: ClassVar[tuple[Need, ...]] = ()
    is_control: ClassVar[bool] = False
    is_class_blind: ClassVar[bool] = False
    revision: ClassVar[int] = 1

    @property
    def definition(self) -> str:
        """The method as it is defined and set; its first revision goes without saying."""
        return repr(self) if self.revision == 1 else f"{self!r} revision {self.revision}"

    def explain(self, model: Classifier, images: Images, target: Target) -> Maps:
        """(N, H, W) float32 maps on the images' grid, in the method's own scale.

        Args:
            model: The classifier; methods that need a layer take a `LayeredClassifier`.
            images: (N, H, W, C) float32 in [0, 1]; left untouched.
            target: A class index or name, a contrast of two, or one for each image.

        Raises:
            ValueError: For an unknown class, images of another size or values that are not finite.
            BadModel: Where the model has nothing that the method could use.
        """
        question = Question(model, images, target, self.needs)
        return upsample(self.attribute(question).maps, question.images.shape[1:3])

    @abc.abstractmethod
    def attribute(self, question: Question) -> Attributed:
        """The maps at the method's own resolution, with what they must add up to."""
