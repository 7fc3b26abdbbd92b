"""Ways to ask a model several times about the same images."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from mammo_core.keras_classifier import KerasClassifier

Pixels = NDArray[np.uint16]
Ask = Callable[[Pixels, Sequence[str]], Iterator[NDArray[np.float32]]]
"""From (n, H, W) pixels and their image ids to (n, K) probabilities of one pass after another."""


@dataclass(frozen=True, kw_only=True)
class PassSettings:
    """What a method of several passes is told.

    Attributes:
        passes: How often each image is asked about.
        seed: What chance makes of them.
        n_views: How many views an input holds side by side.
    """

    passes: int = 20
    seed: int = 0
    n_views: int = 1


@dataclass(frozen=True, kw_only=True)
class PassMethod:
    """One way.

    Attributes:
        title: Its name in the literature.
        does: What differs from pass to pass, in a sentence.
        reference: Author, year and DOI or arXiv.
        start: From a classifier and settings to what asks it; raises BadModel where it cannot.
    """

    title: str
    does: str
    reference: str
    start: Callable[["KerasClassifier", PassSettings], Ask]


def start_augmented(classifier: "KerasClassifier", settings: PassSettings) -> Ask:
    """What asks about each image as it is and after small changes."""
    from mammo_core.uncertainty.augmented_passes import AugmentedPasses

    return AugmentedPasses(classifier, settings).ask


def start_dropout(classifier: "KerasClassifier", settings: PassSettings) -> Ask:
    """What asks about each image with other units dropped each time."""
    from mammo_core.uncertainty.dropout_passes import DropoutPasses

    return DropoutPasses(classifier, settings).ask


def to_input(gray: NDArray[np.float32], channels: int) -> NDArray[np.float32]:
    """(n, H, W, channels) of (n, H, W) images in [0, 1]."""
    return np.repeat(gray[..., np.newaxis], channels, axis=3)
