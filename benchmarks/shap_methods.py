"""What expected gradients of all classes cost and miss, against shap's GradientExplainer."""

import time
from collections.abc import Callable

import numpy as np

SAMPLES, FEWER = 50, 40
REFERENCES = 10
ROUNDS = 9
SEEDS = 5


def rows() -> list[dict[str, object]]:
    """CPU time interleaved, and completeness gaps, of the same references.

    Each of shap's classes costs a forward and a backward pass a sample, all of ours together one
    forward and as many backward, whose last step, the dearest where the first convolution sees one
    or two channels, is taken once a reference.
    """
    classifier = _make_classifier()
    shape = (REFERENCES + 1, *classifier.input_shape)
    drawn = np.random.default_rng(0).random(shape, dtype=np.float32)
    image, classifier.background = drawn[:1], drawn[1:] / 2
    ours, fewer = (_our_maps(classifier, image, samples) for samples in (SAMPLES, FEWER))
    theirs = _shap_maps(classifier, image)
    cost, cost_of_fewer, bare = _compare_cost(ours, fewer, theirs)
    gap, gap_of_fewer, their_gap = (
        _mean_gap(classifier, image, maps) for maps in (ours, fewer, theirs)
    )
    of_shap = f"of shap.GradientExplainer's with {SAMPLES}"
    return [
        _row(f"all classes, {SAMPLES} samples, CPU time", cost, of_shap, 0.6),
        _row(f"all classes, {SAMPLES} samples, completeness gap", gap / their_gap, of_shap, 1.0),
        _row(f"all classes, {FEWER} samples, CPU time", cost_of_fewer, of_shap, 0.6),
        _row(f"{FEWER} samples, completeness gap", gap_of_fewer / their_gap, of_shap, 1.0),
        _row("shap.GradientExplainer, CPU time", bare, "s", None),
        _row("shap.GradientExplainer, completeness gap", their_gap, "of the difference", None),
    ]


def _make_classifier():
    """The architecture of the shipped model with fresh weights."""
    from mammo_core.architectures import build_architecture
    from mammo_core.keras_classifier import KerasClassifier

    network = build_architecture("compact_cnn", (320, 192, 1), 3)
    return KerasClassifier(network, ("normal", "benign", "malignant"))


def _our_maps(classifier, image, samples: int) -> Callable[[int], np.ndarray]:
    """(K, H, W) maps for a seed."""
    from mammo_core.attribution.expected_gradients import ExpectedGradients

    return lambda seed: ExpectedGradients(samples=samples, seed=seed).explain_classes(
        classifier, image
    )[0]


def _shap_maps(classifier, image) -> Callable[[int], np.ndarray]:
    """The same by the library, on a copy whose last layer gives logits."""
    import keras

    from mammo_core.attribution.shap_library import load_shap

    network = keras.models.clone_model(classifier.model)
    network.set_weights(classifier.model.get_weights())
    network.layers[-1].activation = keras.activations.linear
    explainer = load_shap().GradientExplainer(network, classifier.background)

    def explain(seed: int) -> np.ndarray:
        values = explainer.shap_values(image, nsamples=SAMPLES, rseed=seed)[0]
        return np.moveaxis(values.sum(axis=2), -1, 0)

    return explain


def _compare_cost(*works: Callable[[int], object]) -> list[float]:
    """Median CPU time of each as a share of the last one's, whose own is in seconds."""
    for work in works:
        work(0)
    seconds = np.array([[_cpu_seconds(work) for work in works] for _ in range(ROUNDS)])
    shares = np.median(seconds / seconds[:, -1:], axis=0)
    return [*shares[:-1].tolist(), float(np.median(seconds[:, -1]))]


def _mean_gap(classifier, image, maps: Callable[[int], np.ndarray]) -> float:
    """Mean over seeds of the maps' missing share, over all classes together."""
    total = classifier.logits(image)[0] - classifier.logits(classifier.background).mean(axis=0)
    missing = [np.abs(maps(seed).sum(axis=(1, 2)) - total).sum() for seed in range(SEEDS)]
    return float(np.mean(missing) / np.abs(total).sum())


def _cpu_seconds(work: Callable[[int], object]) -> float:
    start = time.process_time()
    work(0)
    return time.process_time() - start


def _row(what: str, figure: float, unit: str, budget: float | None) -> dict[str, object]:
    ratio = None if budget is None else figure / budget
    return {
        "benchmark": f"expected gradients: {what}",
        "figure": figure,
        "unit": unit,
        "budget": budget,
        "ratio": ratio,
    }
