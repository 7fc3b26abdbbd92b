"""How a method's maps change as a network's weights are drawn anew from the top down."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from mammo_core.attribution.base import Attribution
from mammo_core.errors import BadModel
from mammo_core.evidence.asked import Asked
from mammo_core.evidence.base import Images, Maps, Scores
from mammo_core.evidence.likeness import compare_ranks, find_comparable, mean_of_known
from mammo_core.types import (
    Classifier,
    Progress,
    RandomizableClassifier,
    Target,
    no_progress,
)

DEPTHS = (0.0, 0.25, 0.5, 0.75, 1.0)
"""Shares of the layers that are drawn at the stations of a cascade; the top one always is."""
WINDOW = 7
"""Side of the window, in pixels, within which structural similarity compares."""


@dataclass(frozen=True, eq=False)
class RandomizationCurve:
    """How alike maps stay to the trained network's own while its weights are drawn anew.

    Attributes:
        layers: Of each of L stations, the path of the lowest layer that is drawn.
        n_drawn: (L,) how many layers are, counted from the top.
        n_layers: How many hold weights.
        rank_correlation: (N, L + 1) of each image's map with that of the network as it was
            trained, which is the first column; see `compare_ranks`.
        ssim: (N, L + 1) structural similarity of the same pairs, each map divided by its largest
            absolute value.
    """

    layers: tuple[str, ...]
    n_drawn: tuple[int, ...]
    n_layers: int
    rank_correlation: Scores
    ssim: Scores

    @property
    def lost(self) -> Scores:
        """(N,) 1 - mean |rank correlation| over the stations, as `ModelRandomization` has it."""
        return sum_up_losses(self.rank_correlation[:, 1:])


class Station(NamedTuple):
    """One stop of a cascade.

    Attributes:
        layer: Path of the lowest layer that is drawn.
        n_drawn: How many layers are.
        maps: (N, H, W), NaN where the drawn network left nothing to explain.
    """

    layer: str
    n_drawn: int
    maps: Maps


def check_depths(depths: Sequence[float]) -> None:
    """See that the shares of layers rise from 0 or more to 1 or less.

    Raises:
        ValueError: Where they do not, or there are none.
    """
    rises = all(a < b for a, b in pairwise(depths))
    if not depths or not rises or not 0 <= depths[0] <= depths[-1] <= 1:
        raise ValueError(f"Expected rising shares of layers in [0, 1], got {tuple(depths)}")


def sum_up_losses(rank_correlations: Scores) -> Scores:
    """(N,) what is gone on average, from (N, L) correlations with the maps of L stations."""
    return 1 - mean_of_known(np.abs(rank_correlations))


def follow_cascade(
    asked: Asked, depths: Sequence[float] = DEPTHS, seed: int = 0
) -> RandomizationCurve:
    """As `randomization_curve`, of an answer that several measures share."""
    check_depths(depths)
    drawn = list(explain_stations(asked, depths, seed))
    return RandomizationCurve(
        layers=tuple(one.layer for one in drawn),
        n_drawn=tuple(one.n_drawn for one in drawn),
        n_layers=count_layers(asked.model),
        rank_correlation=_compare(asked.maps, drawn, compare_ranks),
        ssim=_compare(asked.maps, drawn, compare_structure),
    )


def count_layers(model: Classifier) -> int:
    """How many of a model's layers hold weights that can be drawn anew.

    Raises:
        BadModel: Where it has no network, or none that can be copied.
    """
    return len(_cascade_of(model).layers)


def explain_stations(asked: Asked, depths: Sequence[float], seed: int) -> Iterator[Station]:
    """The maps of the same question with weights drawn at each station of a cascade."""
    cascade = _cascade_of(asked.model)
    n_layers = len(cascade.layers)
    stops = sorted({max(1, round(depth * n_layers)) for depth in depths})
    for number, n_drawn in enumerate(stops):
        asked.progress(number, len(stops), "Explaining with random weights")
        network = cascade.draw(n_drawn, seed)
        maps = _leave_out_silent(asked.explain_again(model=network), network, asked)
        yield Station(cascade.layers[n_drawn - 1], n_drawn, maps)


def randomization_curve(
    model: Classifier,
    images: Images,
    method: Attribution,
    target: Target,
    *,
    depths: Sequence[float] = DEPTHS,
    seed: int = 0,
    progress: Progress = no_progress,
) -> RandomizationCurve:
    """How far a method's maps stay the same while the network forgets all that it learned.

    Layers are drawn from the top down (Adebayo et al. 2018, arXiv:1810.03292), each by its own
    initializer; the classifier itself stays as it is.

    Args:
        model: A classifier over a Keras network.
        images: (N, H, W, C) float32 in [0, 1].
        method: The method that explains; once more than there are stations.
        target: What is explained of each image.
        depths: Rising shares of the layers that are drawn; two that come to the same number of
            layers are one station.
        seed: Draws the weights.
        progress: Told before each station, and by methods of many passes; may end it.

    Raises:
        BadModel: Where the method cannot explain the model, or the weights cannot be drawn.
        ValueError: For depths that do not rise within [0, 1].
    """
    return follow_cascade(Asked(model, images, method, target, progress), depths, seed)


def compare_structure(first: Maps, second: Maps) -> Scores:
    """(N,) structural similarity (Wang et al. 2004, doi:10.1109/TIP.2003.819861), NaN as ranks are.

    Each map is divided by its largest absolute value; values range over 1 where no map of both is
    negative anywhere, else over 2.
    """
    found = np.full(len(first), np.nan)
    for k in np.flatnonzero(find_comparable(first, second)):
        found[k] = _compare_structure_of(_scale(first[k]), _scale(second[k]))
    return found


def _leave_out_silent(maps: Maps, network: Classifier, asked: Asked) -> Maps:
    """The maps, NaN for those that are empty because a logit no longer depends on the image.

    Weights as they are drawn may hold a class's logit still, as of the first class where the head
    begins with the others' evidence less that of the first. No method could give any other map,
    so that an empty one is no merit of this one.
    """
    is_empty = maps.max(axis=(1, 2)) == maps.min(axis=(1, 2))
    if not is_empty.any():
        return maps
    is_silent = ~network.gradient(asked.images, asked.target).any(axis=(1, 2, 3))
    return np.where((is_empty & is_silent)[:, None, None], np.float32(np.nan), maps)


def _compare(own: Maps, drawn: list[Station], compare: Callable[[Maps, Maps], Scores]) -> Scores:
    """(N, L + 1) likeness of the own maps with themselves, then with those of each station."""
    return np.stack([compare(own, maps) for maps in (own, *(one.maps for one in drawn))], axis=1)


def _compare_structure_of(a: NDArray[np.float64], b: NDArray[np.float64]) -> float:
    from skimage.metrics import structural_similarity

    values = 2.0 if min(a.min(), b.min()) < 0 else 1.0
    window = min(WINDOW, (min(a.shape) - 1) // 2 * 2 + 1)  # skimage wants an odd one
    return float(structural_similarity(a, b, win_size=window, data_range=values))


def _scale(attribution: NDArray[np.float32]) -> NDArray[np.float64]:
    largest = float(np.abs(attribution).max())
    return attribution.astype(np.float64) / (largest or 1.0)


def _cascade_of(model: Classifier) -> Any:
    if not isinstance(model, RandomizableClassifier):
        raise BadModel(
            "Only the weights of a Keras network can be drawn anew, got a "
            f"{type(model).__name__}; leave model_randomization out for this model"
        )
    return model.weight_cascade
