"""What explanations cost, against a bare compiled forward and backward pass and tf-keras-vis."""

from collections.abc import Callable

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
ROUNDS = 40


def rows() -> list[dict[str, object]]:
    """CPU time of seven maps of one image, interleaved with what they are compared to."""
    from mammo_core.attribution import explain_together

    classifier = load_demo_classifier()
    image = np.random.default_rng(0).random((1, *classifier.input_shape), dtype=np.float32)
    bare, library = _bare_pass(classifier, image), _library_map(classifier, image)
    floor, ours, theirs = _medians(
        bare, lambda: explain_together(classifier, image, 1, SEVEN), library
    )
    return [
        _row("seven maps of one image", ours / floor, "forward + backward passes", 1.3),
        _row("seven maps of one image", ours / theirs, "Grad-CAM maps of tf-keras-vis", 0.5),
        _row("one forward + backward pass", floor * 1e3, "ms CPU", None),
    ]


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


def _medians(*works: Callable[[], object]) -> list[float]:
    """Median CPU seconds of each, run in turn so that the machine's moods hit all alike."""
    for work in works:
        work()
        work()
    rounds = [[cpu_seconds(work) for work in works] for _ in range(ROUNDS)]
    return np.median(rounds, axis=0).tolist()


def _row(what: str, figure: float, unit: str, budget: float | None) -> dict[str, object]:
    ratio = None if budget is None else figure / budget
    return {
        "benchmark": f"explanation: {what}",
        "figure": figure,
        "unit": unit,
        "budget": budget,
        "ratio": ratio,
    }
