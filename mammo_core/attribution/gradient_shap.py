"""Expected gradients as the shap library computes them."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar

import numpy as np

from mammo_core.attribution.base import Access, Attributed, Attribution, Images, Maps, Question
from mammo_core.attribution.references import POINTS, choose_references, compare_logits
from mammo_core.attribution.shap_library import load_shap, network_of, seeded_quietly
from mammo_core.batch_size import batch_size_of

PART_BYTES = 1 << 28
"""What shap may hold of points at once: it keeps five arrays of as many images, so that large
images are asked about in several parts, each with draws of its own."""


@dataclass(frozen=True, kw_only=True)
class GradientShap(Attribution):
    """Gradients at points drawn independently between references and image, times the distance.

    shap's GradientExplainer on the target's logit alone, for comparison with figures that were
    made with it. It estimates what `expected_gradients` does, with more noise: with 50 samples a
    map's sum missed its difference of logits by some 30 %, which is why more are drawn here.

    Attributes:
        samples: Points, at least 2.
        seed: The same seed gives the same points.
    """

    title: ClassVar[str] = "Gradient SHAP"
    reference: ClassVar[str] = "Lundberg and Lee 2017, arXiv:1705.07874"
    signed: ClassVar[bool] = True
    passes: ClassVar[str] = "samples (200) forward and backward, 5 forward"
    cost: ClassVar[int] = 605
    access: ClassVar[Access] = "network"
    revision: ClassVar[int] = 2
    samples: int = 200
    seed: int = 0

    def __post_init__(self) -> None:
        if self.samples < 2:
            raise ValueError(f"samples must be at least 2, got {self.samples}")

    def attribute(self, question: Question) -> Attributed:
        """(N, H, W) maps whose expected sum is the difference of the logits.

        Raises:
            BadModel: Where there is no network to look into.
        """
        network = network_of(question.model, self.title)
        references, note = choose_references(question)
        if self.title not in network.kept:
            network.kept[self.title] = load_shap().GradientExplainer(
                network.model, references[0], batch_size=batch_size_of(question.model)
            )
        explainer, maps = network.kept[self.title], []
        for number, weights in enumerate(question.weights):
            network.aim(weights)
            explainer.explainer.data = [references[number]]  # it is made for one background alone
            with _heard_of(explainer.explainer, partial(self._tell, question, number)):
                maps.append(self._explain_one(explainer, question.images[number]))
        return Attributed(np.stack(maps), compare_logits(question, references), note)

    def _tell(self, question: Question, number: int, points: int) -> None:
        done = min(points, self.samples) + number * self.samples
        question.progress(done, self.samples * len(question.images), POINTS)

    def _explain_one(self, explainer: Any, image: Images) -> Maps:
        step = max(1, PART_BYTES // (5 * image.nbytes))
        total = np.zeros(image.shape[:2])
        for start in range(0, self.samples, step):
            n = min(step, self.samples - start)
            with seeded_quietly(self.seed):
                values = explainer.shap_values(image[None], nsamples=n, rseed=self._seed_of(start))
            total += n * values[0, ..., 0].sum(axis=-1)
        return (total / self.samples).astype(np.float32)

    def _seed_of(self, start: int) -> int:
        """The seed of the part that begins there, which draws other points than the rest."""
        drawn = np.random.default_rng([self.seed, start]).integers(1 << 32)
        return int(drawn) if start else self.seed


@contextmanager
def _heard_of(inner: Any, tell: Callable[[int], None]) -> Iterator[None]:
    """Within the block `tell` hears before each pass how many points went; shap itself is silent.

    Its first pass, of the image itself, counts for nothing.
    """
    own, n_points = inner.run, 0

    def run(out: Any, inputs: Any, points: Any) -> Any:
        nonlocal n_points
        tell(n_points)
        n_points += 0 if out is inner.model else len(points[0])
        return own(out, inputs, points)

    inner.run = run
    try:
        yield
    finally:
        del inner.run
