"""What explanations cost, against a bare compiled forward and backward pass and tf-keras-vis."""

from collections.abc import Callable, Iterator

import numpy as np

from benchmarks.cpu_time import cpu_seconds
from benchmarks.demo_classifier import load_demo_classifier

SEVEN = (
    "grad_cam",
    "grad_cam_plus_plus",
    "hires_cam",
    "layer_cam",
    "xgrad_cam",
    "saliency",
    "input_x_gradient",
)
ROUNDS, FEW_ROUNDS = 40, 7
SHARE = 0.85
"""Of the images that a bare forward pass takes in a CPU-second."""
BATCH = 16


def rows() -> Iterator[dict[str, object]]:
    """CPU time of the class activation maps, interleaved with what they are compared to."""
    classifier = load_demo_classifier()
    image = np.random.default_rng(0).random((1, *classifier.input_shape), dtype=np.float32)
    yield from _seven_maps(classifier, image)
    yield from _asking_maps(classifier, image)


def _seven_maps(classifier, image) -> list[dict[str, object]]:
    """Those of one pass."""
    from mammo_core.attribution import explain_together

    bare, library = _bare_pass(classifier, image), _library_map(classifier, image)
    floor, ours, theirs = _medians(
        bare, lambda: explain_together(classifier, image, 1, SEVEN), library
    )
    return [
        _row("seven maps of one image", ours / floor, "forward + backward passes", 1.3),
        _row("seven maps of one image", ours / theirs, "Grad-CAM maps of tf-keras-vis", 0.5),
        _row("one forward + backward pass", floor * 1e3, "ms CPU", None),
    ]


def _asking_maps(classifier, image) -> Iterator[dict[str, object]]:
    """Those that ask the network once for each live channel, against as many bare forwards."""
    from mammo_core.attribution import METHODS

    activations, _ = classifier.activations_and_gradients(image, 1)
    n_channels = int((np.ptp(activations, axis=(1, 2)) > 0).sum())
    for name, budget in (("score_cam", SHARE), ("ablation_cam", SHARE)):
        method = METHODS[name]()
        floor, ours = _medians(
            _bare_forwards(classifier, n_channels),
            lambda m=method: m.explain(classifier, image, 1),
            rounds=FEW_ROUNDS,
        )
        yield {
            "benchmark": f"explanation: {name}, {n_channels} channels",
            "figure": floor / ours,
            "unit": "of a bare forward's images a CPU-second",
            "budget": budget,
            "ratio": budget * ours / floor,
        }


def _bare_forwards(classifier, n_images: int) -> Callable[[], object]:
    """The model's own function, compiled, on batches that lie ready."""
    import tensorflow as tf

    forward = tf.function(lambda x: classifier.model(x, training=False), jit_compile=False)
    x = tf.random.uniform((BATCH, *classifier.input_shape), seed=0)
    starts = range(0, n_images, BATCH)
    return lambda: [forward(x[: n_images - start]).numpy() for start in starts]


def _bare_pass(classifier, image) -> Callable[[], object]:
    """The least that a gradient costs: the model's own function, compiled."""
    import tensorflow as tf

    @tf.function(jit_compile=False)
    def differentiate(x):
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = classifier.model(x, training=False)[:, 1]
        return tape.gradient(y, x)

    x = tf.constant(image)
    return lambda: differentiate(x).numpy()


def _library_map(classifier, image) -> Callable[[], object]:
    from tf_keras_vis.gradcam import Gradcam
    from tf_keras_vis.utils.model_modifiers import ReplaceToLinear
    from tf_keras_vis.utils.scores import CategoricalScore

    gradcam = Gradcam(classifier.model, model_modifier=ReplaceToLinear(), clone=True)
    score = CategoricalScore([1])
    return lambda: gradcam(score, image)


def _medians(*works: Callable[[], object], rounds: int = ROUNDS) -> list[float]:
    """Median CPU seconds of each, run in turn so that the machine's moods hit all alike."""
    for work in works:
        work()
        work()
    measured = [[cpu_seconds(work) for work in works] for _ in range(rounds)]
    return np.median(measured, axis=0).tolist()


def _row(what: str, figure: float, unit: str, budget: float | None) -> dict[str, object]:
    ratio = None if budget is None else figure / budget
    return {
        "benchmark": f"explanation: {what}",
        "figure": figure,
        "unit": unit,
        "budget": budget,
        "ratio": ratio,
    }
