"""Expected gradients."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from mammo_core.attribution.base import Access, Attributed, Attribution, Images, Maps, Question
from mammo_core.attribution.references import POINTS, choose_references, compare_logits
from mammo_core.batch_size import cut_batches
from mammo_core.types import ClassGradients, Classifier, Contrast

SPREAD = 8
"""With as many samples on each path they are places of a quadrature, none of them at random."""
Sums = Callable[[Images, NDArray[np.float32]], NDArray[np.float32]]
"""Of (n, H, W, C) points and (m, n) weights, m weighted sums of gradients: (m, K, H, W, C)."""


@dataclass(frozen=True, kw_only=True)
class ExpectedGradients(Attribution):
    """Integrated gradients from a whole background at once, by sampling places on the paths.

    The mean over references b and shares a of (image - b) gradient(b + a (image - b)). Each
    reference gets as many samples as any other, and their shares are spread evenly: the path is
    cut into as many equal parts, and a sample lies in the middle of each, or at random in it
    where fewer than `SPREAD` samples fall on a path. At random it is unbiased as the paper's
    independent draws are, which pays where the errors of many paths average out; on few paths
    the middles miss less. Both add up to logit(image) - mean logit(background), about.

    Departure from the paper, which takes the training data as its background: what is kept with
    the model, and where nothing is, versions of the image itself; the answer's note says which.

    Attributes:
        samples: Points on all paths together, at least 2.
        seed: The same seed gives the same points. Where none is at random, it chooses only which
            references get one more than the others.
    """

    title: ClassVar[str] = "Expected Gradients"
    reference: ClassVar[str] = "Erion et al. 2021, arXiv:1906.10670"
    signed: ClassVar[bool] = True
    passes: ClassVar[str] = "samples (50) forward and backward, 4 forward"
    cost: ClassVar[int] = 154
    access: ClassVar[Access] = "gradient"
    revision: ClassVar[int] = 2
    samples: int = 50
    seed: int = 0

    def __post_init__(self) -> None:
        if self.samples < 2:
            raise ValueError(f"samples must be at least 2, got {self.samples}")

    def attribute(self, question: Question) -> Attributed:
        """(N, H, W) maps whose expected sum is the difference of the logits."""
        references, note = choose_references(question)
        maps = []
        for number, target in enumerate(question.target):
            sums = partial(_sum_one, question.model, target)
            maps.append(self._sample_paths(question, number, references[number], sums)[0])
        return Attributed(np.stack(maps), compare_logits(question, references), note)

    def explain_classes(self, model: Classifier, images: Images) -> Maps:
        """(N, classes, H, W) float32: each class's map, all from the same forward passes.

        Raises:
            ValueError: For images of another size.
        """
        question = Question(model, images, 0)
        references, _ = choose_references(question)
        sums = partial(_sum_classes, model)
        maps = [self._sample_paths(question, n, ones, sums) for n, ones in enumerate(references)]
        return np.stack(maps)

    def _sample_paths(
        self, question: Question, number: int, references: Images, sums: Sums
    ) -> NDArray[np.float32]:
        """(K, H, W) of one image: of each reference the sum of its gradients, times its distance.

        A batch of points is held at once.
        """
        image, done = question.images[number], number * self.samples
        chosen, shares, weights = self._draw(len(references))
        total = np.float32(0)
        for part in cut_batches(self.samples, question.model):
            question.progress(done + part.start, self.samples * len(question.images), POINTS)
            met, which = np.unique(chosen[part], return_inverse=True)
            distances = image - references[met]
            points = references[chosen[part]] + shares[part, None, None, None] * distances[which]
            of_each = np.where(which == np.arange(len(met))[:, None], weights[part], np.float32(0))
            total = total + np.einsum("mkhwc,mhwc->khw", sums(points, of_each), distances)
        return np.asarray(total, dtype=np.float32)

    def _draw(
        self, n_references: int
    ) -> tuple[NDArray[np.intp], NDArray[np.float32], NDArray[np.float32]]:
        """(reference, share of the path, weight) of each sample, reference by reference."""
        generator = np.random.default_rng(self.seed)
        used = generator.permutation(n_references)[: self.samples]
        turns = np.arange(self.samples) % len(used)
        counts = np.bincount(turns)
        if len(used) * 2 > self.samples:  # too few on each path to be spread along it
            places, parts = generator.permutation(self.samples), np.full(len(turns), self.samples)
        else:
            places, parts = np.arange(self.samples) // len(used), counts[turns]
        is_spread = len(used) * SPREAD <= self.samples
        within = np.full(len(turns), 0.5) if is_spread else generator.random(self.samples)
        shares = (places + within) / parts
        weights = 1 / (len(used) * counts[turns])
        order = np.argsort(turns, kind="stable")
        turns = turns[order]
        return used[turns], shares[order].astype(np.float32), weights[order].astype(np.float32)


def _sum_one(
    model: Classifier, target: int | Contrast, points: Images, weights: NDArray[np.float32]
) -> NDArray[np.float32]:
    """(m, 1, H, W, C) weighted sums of the gradients of the target's logit."""
    return np.tensordot(weights, model.gradient(points, target), 1)[:, None]


def _sum_classes(
    model: Classifier, points: Images, weights: NDArray[np.float32]
) -> NDArray[np.float32]:
    """(m, classes, H, W, C) those of all logits; from one forward pass where it can be."""
    if isinstance(model, ClassGradients):
        return model.summed_gradients_of_classes(points, weights)
    sums = [_sum_one(model, k, points, weights) for k in range(len(model.classes))]
    return np.concatenate(sums, axis=1)
