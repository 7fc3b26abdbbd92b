"""Maps by tf-keras-vis beside our own, so that figures made with it can be made again."""

import contextlib
import io
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from mammo_core.attribution import choose_methods
from mammo_core.attribution.shap_library import seeded_quietly
from mammo_core.errors import BadConfiguration, BadModel
from mammo_core.evidence.base import correlate_ranks
from mammo_core.overlays import is_blank
from mammo_core.targets import check_scores, weigh_target
from mammo_core.types import Contrast
from mammo_core.wording import tell_nearest

if TYPE_CHECKING:
    from mammo_core.keras_classifier import KerasClassifier

Map = NDArray[np.float32]
Score = Callable[[Any], Any]
UPSAMPLING = (
    "the library enlarges a map with its corner cells' centers in the image's corners, "
    "which shifts it, and stretches it to [0, 1]"
)


@dataclass(frozen=True)
class LibraryMethod:
    """One of the library's methods that stands beside one of ours.

    Attributes:
        module: Where it lies in tf_keras_vis.
        name: Its class.
        difference: In what it is known to differ from ours, as the end of a sentence.
        looks_into_layer: Whether it is told a layer.
        is_linear: Whether the library wants the final activation taken off.
        settings: What it is called with besides.
    """

    module: str
    name: str
    difference: str
    looks_into_layer: bool = True
    is_linear: bool = True
    settings: tuple[tuple[str, int], ...] = ()


LIBRARY_METHODS: dict[str, LibraryMethod] = {
    "grad_cam": LibraryMethod("gradcam", "Gradcam", f"the same but that {UPSAMPLING}"),
    "grad_cam_plus_plus": LibraryMethod(
        "gradcam_plus_plus",
        "GradcamPlusPlus",
        "it divides the alphas of each channel by their sum, which the paper does not, takes "
        f"exp(logit), which overflows near a logit of 158, and {UPSAMPLING}",
    ),
    "layer_cam": LibraryMethod("layercam", "Layercam", f"the same but that {UPSAMPLING}"),
    "score_cam": LibraryMethod(
        "scorecam",
        "Scorecam",
        "its weights are the softmax of the model's output, which is a probability already, so "
        "that no channel weighs less than nothing and one sigmoid unit weighs all alike; "
        f"{UPSAMPLING}",
        is_linear=False,
    ),
    "saliency": LibraryMethod(
        "saliency",
        "Saliency",
        "the same but that the library stretches a map to [0, 1]",
        looks_into_layer=False,
    ),
    "smooth_grad": LibraryMethod(
        "saliency",
        "Saliency",
        "its noise is .2 of the image's range, ours .1, which can turn the order of the places "
        "around (ours with --set smooth_grad.noise=0.2 is nearer); it averages the size of the "
        "gradients where ours, as the paper, averages the gradients; 50 samples",
        looks_into_layer=False,
        settings=(("smooth_samples", 50),),
    ),
}
"""By the name of our own method."""


@dataclass(frozen=True, eq=False)
class LibraryMap:
    """The library's map of one image, and how near ours is.

    Attributes:
        method: Our name for the method.
        map: (H, W) float32 in [0, 1] on the image's grid.
        rank_correlation: Spearman's, over the pixels, with our map; NaN where one is constant.
        note: In what the two are known to differ.
    """

    method: str
    map: Map
    rank_correlation: float
    note: str


def check_comparable(names: Iterable[str]) -> None:
    """See that the library has these methods.

    Raises:
        BadConfiguration: For one that it has not; tells those it has.
    """
    for name in names:
        if name not in LIBRARY_METHODS:
            raise BadConfiguration(
                f"tf-keras-vis has no {name}; it has {', '.join(LIBRARY_METHODS)}"
                f"{tell_nearest(name, LIBRARY_METHODS)}"
            )


def compare_with_library(
    classifier: "KerasClassifier",
    image: Map,
    target: int | str | Contrast,
    names: Iterable[str],
    layer: str | None = None,
) -> list[LibraryMap]:
    """The library's map by each of the named methods, beside ours at its default settings.

    Both look into the same layer. The library by itself takes the last convolution's own output;
    name that layer to have it so.

    Args:
        classifier: Its network is cloned; it is left as it is.
        image: (H, W, C) float32 in [0, 1].
        target: A class, or a difference of two.
        names: Keys of `LIBRARY_METHODS`.
        layer: Path of the layer to look into; None is the classifier's default.

    Raises:
        BadConfiguration: For a method that the library has not.
        BadModel: Where the library cannot take the network; says why.
        ValueError: For an unknown class or an image of another size.
    """
    names = list(names)
    check_comparable(names)
    layer = layer or classifier.layer
    linear = _clone_linear(classifier, image)
    score = _score(classifier, target)
    found = []
    for name in names:
        method = LIBRARY_METHODS[name]
        network = linear if method.is_linear else classifier.model
        layers = [layer] if method.looks_into_layer and layer else []
        ours = choose_methods([name], layers)[name].explain(classifier, image[None], target)
        theirs = _map(method, network, image, score, layer)
        correlation = float(correlate_ranks(np.abs(ours), theirs[None])[0])  # theirs has no signs
        note = "; ".join(filter(None, (_tell_blank(ours[0], theirs), method.difference)))
        found.append(LibraryMap(name, theirs, correlation, note))
    return found


def _tell_blank(ours: Map, theirs: Map) -> str:
    """Why two maps have no rank correlation, empty where they have one."""
    blank = [whose for whose, one in (("our", ours), ("its", theirs)) if is_blank(one)]
    if not blank:
        return ""
    return f"{' and '.join(blank)} map is constant or not finite, so nothing is compared"


def _map(method: LibraryMethod, network: Any, image: Map, score: Score, layer: str | None) -> Map:
    from importlib import import_module

    settings: dict[str, Any] = dict(method.settings)
    if method.looks_into_layer:
        settings |= {"penultimate_layer": layer, "seek_penultimate_conv_layer": False}
    with _quiet_library(), _telling_faults():
        draw = getattr(import_module(f"tf_keras_vis.{method.module}"), method.name)(network)
        return np.asarray(draw(score, image[None], **settings), dtype=np.float32)[0]


def _clone_linear(classifier: "KerasClassifier", image: Map) -> Any:
    """A copy of the network whose last activation is taken off, as the library does it.

    Raises:
        BadModel: Where it cannot be cloned or its activation cannot be taken off that way.
    """
    _check_flat(classifier.model)
    with _quiet_library(), _telling_faults():
        from tf_keras_vis.utils.model_modifiers import ReplaceToLinear

        linear = _clone(classifier.model)
        ReplaceToLinear()(linear)
        scores = np.asarray(linear(image[None], training=False))
    check_scores(scores)
    if not np.allclose(_to_logits(scores), classifier.logits(image[None]), rtol=1e-3, atol=1e-3):
        raise BadModel(
            "tf-keras-vis takes the final activation off a layer that carries it, such as "
            "Dense(..., activation='softmax'); the last layer here is "
            f"{classifier.model.layers[-1].name}, on which it would silently do nothing"
        )
    return linear


def _clone(network: Any) -> Any:
    import keras

    try:
        clone = keras.models.clone_model(network)
        clone.set_weights(network.get_weights())
    except (ValueError, TypeError, NotImplementedError) as error:
        reason = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise BadModel(
            f"tf-keras-vis works on a copy of the network, which has none: {reason}"
        ) from error
    return clone


def _to_logits(scores: Map) -> Map:
    """(N, classes): one unit's logit z is (-z/2, z/2), as `OutputHead` has it."""
    return np.concatenate([-scores / 2, scores / 2], axis=1) if scores.shape[1] == 1 else scores


def _check_flat(network: Any) -> None:
    import keras

    if isinstance(network, keras.Sequential):
        raise BadModel("tf-keras-vis fails on a Sequential model; build it as a functional one")
    nested = [layer.name for layer in network.layers if isinstance(layer, keras.Model)]
    if nested:
        raise BadModel(
            f"tf-keras-vis cannot look into a network inside another ({', '.join(nested)}); "
            "build it flat, with input_tensor="
        )


def _score(classifier: "KerasClassifier", target: int | str | Contrast) -> Score:
    """What the library is to explain: a sum of the network's outputs."""
    weights = weigh_target(target, classifier.classes, 1)[0]
    if classifier.head.n_outputs == 1:
        weights = (weights[1:] - weights[:1]) / 2  # the logits of one unit are (-z/2, z/2)

    def score(output: Any) -> Any:
        import tensorflow as tf

        return tf.reduce_sum(output * weights, axis=-1)

    return score


@contextlib.contextmanager
def _quiet_library() -> Iterator[None]:
    """The library's progress bars and warnings kept back, its noise drawn from a seed."""
    with seeded_quietly(0), contextlib.redirect_stdout(io.StringIO()):
        yield


@contextlib.contextmanager
def _telling_faults() -> Iterator[None]:
    """Tell what the library cannot do with a network as a fault of the two together."""
    try:
        yield
    except (AttributeError, LookupError, RuntimeError, TypeError, ValueError) as error:
        reason = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise BadModel(f"tf-keras-vis fails on this network: {reason}") from error
