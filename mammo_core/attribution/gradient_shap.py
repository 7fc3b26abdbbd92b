"""Expected gradients as the shap library computes them."""

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from mammo_core.attribution.base import Access, Attributed, Attribution, Images, Maps, Question
from mammo_core.attribution.references import IMAGES, choose_references, compare_logits
from mammo_core.attribution.shap_library import load_shap, network_of, seeded_quietly

BATCH = 16
"""Points in one pass, a bound on memory."""


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
                network.model, references[0], batch_size=BATCH
            )
        maps: list[Maps] = []
        for image, weights, ones in zip(question.images, question.weights, references, strict=True):
            question.progress(len(maps), len(question.images), IMAGES)
            network.aim(weights)
            maps.append(self._explain_one(network.kept[self.title], image, ones))
        return Attributed(np.stack(maps), compare_logits(question, references), note)

    def _explain_one(
        self, explainer: Any, image: Images, references: Images
    ) -> NDArray[np.float32]:
        explainer.explainer.data = [references]  # it is made for one background, once and for all
        with seeded_quietly(self.seed):
            values = explainer.shap_values(image[None], nsamples=self.samples, rseed=self.seed)
        return np.asarray(values[0, ..., 0].sum(axis=-1), dtype=np.float32)
