"""What every measure of an explanation declares, and what it is given to work with."""

import abc
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from mammo_core.attribution.base import Attribution
from mammo_core.evidence.asked import Asked
from mammo_core.types import Classifier, Target

Images = NDArray[np.float32]
Maps = NDArray[np.float32]
Masks = NDArray[np.bool_]
Scores = NDArray[np.float64]
Family = Literal["faithfulness", "localization", "complexity", "robustness", "randomization"]


@dataclass(frozen=True, kw_only=True)
class Evidence(abc.ABC):
    """A measure of how far an explanation can be believed.

    A subclass is final; its fields are its settings, each with a default.

    Attributes:
        title: The paper's spelling.
        reference: Author, year, DOI or arXiv.
        family: What kind of reason to believe it gives.
        higher_is_better: The direction.
        range: Smallest and largest value, None where there is no such end.
        of_random: What a random map scores, in words.
        revision: Of its definition: raised whenever its answers change, so that none is taken from
            what was kept of an earlier one.
    """

    title: ClassVar[str]
    reference: ClassVar[str]
    family: ClassVar[Family]
    higher_is_better: ClassVar[bool]
    range: ClassVar[tuple[float | None, float | None]]
    of_random: ClassVar[str]
    revision: ClassVar[int] = 1

    @property
    def definition(self) -> str:
        """The measure as it is defined and set; its first revision goes without saying."""
        return repr(self) if self.revision == 1 else f"{self!r} revision {self.revision}"


@dataclass(frozen=True, kw_only=True)
class MapMetric(Evidence):
    """Judges maps as they are.

    Attributes:
        needs_mask: Whether it is undefined without a lesion mask.
        cost: Forward passes that a single map takes at the default settings, 0 where the model is
            not asked.
    """

    needs_mask: ClassVar[bool] = False
    cost: ClassVar[int] = 0

    @abc.abstractmethod
    def measure(
        self,
        model: Classifier,
        images: Images,
        maps: Maps,
        target: Target,
        masks: Masks | None = None,
    ) -> Scores:
        """(N,) a number for each map, NaN where it is undefined.

        Args:
            model: The classifier that was explained.
            images: (N, H, W, C) float32 in [0, 1].
            maps: (N, H, W) float32 on the images' grid, in the method's own scale.
            target: What they explain: a class, a contrast of two, or one for each image.
            masks: (N, H, W), True on the lesion; an empty mask leaves what needs one undefined.
        """


@dataclass(frozen=True, kw_only=True)
class MethodMetric(Evidence):
    """Judges a method by explaining again: other noise, other classes, other weights.

    Attributes:
        explanations: How often it explains an image, at the default settings; its cost in maps.
            The first of them is the answer itself, which measures share that are given one `Asked`.
    """

    explanations: ClassVar[int]

    @abc.abstractmethod
    def judge(self, asked: Asked) -> Scores:
        """(N,) what `measure` says, of an answer that several measures share."""

    def measure(
        self, model: Classifier, images: Images, method: Attribution, target: Target
    ) -> Scores:
        """(N,) a number for each image, NaN where it is undefined.

        Args:
            model: The classifier.
            images: (N, H, W, C) float32 in [0, 1].
            method: The method that is judged.
            target: What it explains: a class, a contrast of two, or one for each image.

        Raises:
            BadModel: Where the method cannot explain the model, or the weights cannot be drawn.
            ValueError: For an unknown class or images of another size.
        """
        return self.judge(Asked(model, images, method, target))


def rank(values: NDArray[np.floating]) -> NDArray[np.float64]:
    """(N, cells) average ranks of each row's values, equal ones sharing theirs."""
    from scipy.stats import rankdata

    return np.asarray(rankdata(values, axis=1), dtype=np.float64)


def correlate_ranks(a: Sequence[Maps] | Maps, b: Sequence[Maps] | Maps) -> Scores:
    """(N,) Spearman's rank correlation of two stacks of maps, NaN where one of a pair is constant.

    Args:
        a: (N, H, W).
        b: (N, H, W).
    """
    ranks = [rank(np.asarray(maps).reshape(len(maps), -1)) for maps in (a, b)]
    centered = [r - r.mean(axis=1, keepdims=True) for r in ranks]
    products = (centered[0] * centered[1]).sum(axis=1)
    lengths = [np.sqrt((c**2).sum(axis=1)) for c in centered]
    found = np.full(len(products), np.nan)
    np.divide(products, lengths[0] * lengths[1], out=found, where=(lengths[0] * lengths[1]) > 0)
    return found
