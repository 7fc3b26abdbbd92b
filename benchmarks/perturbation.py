"""What methods that hide parts of an image cost, against a bare batched forward pass."""

from collections.abc import Callable, Iterator

import numpy as np

from benchmarks.cpu_time import cpu_seconds
from benchmarks.demo_classifier import load_demo_classifier

SHARE = 0.85
"""Of the images that a bare forward pass takes in a CPU-second."""
BATCH = 16
ROUNDS = 3
METHODS = {"occlusion": SHARE, "rise": SHARE, "lime": None, "partition_shap": None}


def rows() -> Iterator[dict[str, object]]:
    """Images a CPU-second of each method, as a share of those of the network alone."""
    from mammo_core.attribution import METHODS as KNOWN

    classifier = load_demo_classifier()
    images = np.random.default_rng(0).random((1, *classifier.input_shape), dtype=np.float32)
    bare = _bare_forward(classifier)
    for name, budget in METHODS.items():
        method, n_images = KNOWN[name](), count_images(KNOWN[name](), classifier, images)
        share = _median_share(
            lambda n=n_images: bare(n), lambda m=method: m.explain(classifier, images, 1)
        )
        yield {
            "benchmark": f"perturbation: {name}, {n_images} images",
            "figure": share,
            "unit": "of a bare forward's images a CPU-second",
            "budget": budget,
            "ratio": None if budget is None else budget / share,
        }


def count_images(method, classifier, images) -> int:
    """How many images the method asks the classifier about."""
    counted = _Counted(classifier)
    method.explain(counted, images, 1)
    return counted.n_images


class _Counted:
    """A classifier that counts the images it is asked about."""

    def __init__(self, classifier):
        self.classes, self.input_shape = classifier.classes, classifier.input_shape
        self._classifier, self.n_images = classifier, 0

    def predict(self, images):
        self.n_images += len(images)
        return self._classifier.predict(images)

    def logits(self, images):
        self.n_images += len(images)
        return self._classifier.logits(images)


def _bare_forward(classifier) -> Callable[[int], None]:
    """The network's own function, compiled, on so many images that lie ready in whole batches."""
    import tensorflow as tf

    x = tf.random.uniform((BATCH, *classifier.input_shape), seed=0)
    forward = tf.function(lambda x: classifier.model(x, training=False), jit_compile=False)

    def run(n_images: int) -> None:
        for start in range(0, n_images, BATCH):
            forward(x[: min(BATCH, n_images - start)]).numpy()

    return run


def _median_share(bare: Callable[[], object], method: Callable[[], object]) -> float:
    """Median ratio of CPU times, each method's between two of the bare pass."""
    bare()
    method()
    shares = []
    for _ in range(ROUNDS):
        before, own, after = cpu_seconds(bare), cpu_seconds(method), cpu_seconds(bare)
        shares.append((before + after) / 2 / own)
    return float(np.median(shares))
