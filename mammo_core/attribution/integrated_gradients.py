"""Integrated gradients."""

from dataclasses import dataclass
from typing import ClassVar, get_args

import numpy as np

from mammo_core.attribution.base import Access, Attributed, Attribution, Images, Maps, Question
from mammo_core.attribution.references import (
    POINTS,
    Reference,
    compare_logits,
    make_blurred,
    make_gray,
    make_mean,
    make_random,
)
from mammo_core.batch_size import cut_batches

MOST_STEPS = 1000
"""The quadrature's points come from a matrix of as many rows and columns."""
MOST_BASELINES = 100
"""All of an image's lie in memory at once, each as large as what the model is given."""


@dataclass(frozen=True, kw_only=True)
class IntegratedGradients(Attribution):
    """The average gradient on the straight path from a baseline, times the distance.

    The integral is taken by Gauss-Legendre quadrature, as in the paper's own experiments with few
    steps; with enough of them a map adds up to logit(image) - logit(baseline). From several
    baselines the mean of their maps is taken, which adds up to the mean of their differences.

    A pixel that equals the baseline gets nothing, whatever it says: from black, dark tissue and
    air do, from the mean gray what is as gray. That is why the baseline can be chosen (Sturmfels
    et al. 2020, doi:10.23915/distill.00022).

    Attributes:
        steps: Points on each path, 1 to 1,000.
        baseline: The gray of the empty image that the path starts from, 0 being the background;
            or "mean" (the image's mean gray), "blurred" (the image itself), or "random" (noise
            over the image's range).
        random_baselines: Of "random", how many are averaged, 1 to 100; costs as many times more.
        seed: Of "random", the same seed gives the same noise.
    """

    title: ClassVar[str] = "Integrated Gradients"
    reference: ClassVar[str] = "Sundararajan et al. 2017, arXiv:1703.01365"
    signed: ClassVar[bool] = True
    passes: ClassVar[str] = "steps (32) forward and backward, 2 forward"
    cost: ClassVar[int] = 98
    access: ClassVar[Access] = "gradient"
    steps: int = 32
    baseline: float | Reference = 0.0
    random_baselines: int = 4
    seed: int = 0

    def __post_init__(self) -> None:
        if self.steps < 1 or self.random_baselines < 1:
            raise ValueError(
                "steps and random_baselines must be at least 1, "
                f"got {self.steps} and {self.random_baselines}"
            )
        if self.steps > MOST_STEPS:
            raise ValueError(f"steps must be at most {MOST_STEPS:,}, got {self.steps:,}")
        if self.random_baselines > MOST_BASELINES:
            raise ValueError(
                f"random_baselines must be at most {MOST_BASELINES}, which lie in memory at once, "
                f"got {self.random_baselines:,}"
            )
        if isinstance(self.baseline, str) and self.baseline not in get_args(Reference):
            known = ", ".join(get_args(Reference))
            raise ValueError(f"baseline must be a gray or one of {known}, got '{self.baseline}'")

    def attribute(self, question: Question) -> Attributed:
        """(N, H, W) maps whose sum is the difference of the logits."""
        baselines = [self._make_baselines(image) for image in question.images]
        maps = [self._average_paths(question, n, baselines[n]) for n in range(len(baselines))]
        return Attributed(np.stack(maps), compare_logits(question, baselines))

    def _make_baselines(self, image: Images) -> Images:
        match self.baseline:
            case "mean":
                return make_mean(image)
            case "blurred":
                return make_blurred(image)
            case "random":
                return make_random(image, self.random_baselines, self.seed)
            case gray:
                return make_gray(image, float(gray))

    def _average_paths(self, question: Question, number: int, baselines: Images) -> Maps:
        """(H, W), the mean over the baselines of one image."""
        total, paths = self.steps * len(baselines) * len(question.images), []
        for path, start in enumerate(baselines, number * len(baselines)):
            done = path * self.steps
            paths.append(self._follow_path(question, number, start, (done, total)))
        return np.mean(paths, axis=0, dtype=np.float32)

    def _follow_path(
        self, question: Question, number: int, start: Images, passed: tuple[int, int]
    ) -> Maps:
        """(H, W) of one image from one baseline.

        Args:
            question: The images and what is explained of each.
            number: Of the image.
            start: (H, W, C) the baseline.
            passed: Points on the paths before, and on all.
        """
        done, total = passed
        distance = question.images[number] - start
        mean = np.zeros_like(distance, dtype=np.float64)
        points, weights = np.polynomial.legendre.leggauss(self.steps)
        shares = ((points + 1) / 2).astype(np.float32)[:, None, None, None]
        for part in cut_batches(self.steps, question.model):
            question.progress(done + part.start, total, POINTS)
            path = start + shares[part] * distance
            gradients = question.model.gradient(path, question.target[number])
            mean += np.einsum("s,shwc->hwc", weights[part] / 2, gradients)
        return (distance * mean).sum(axis=-1).astype(np.float32)
