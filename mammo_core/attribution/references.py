"""Reference images: what an image is compared with by methods that explain a difference."""

from collections.abc import Callable, Sequence
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from mammo_core.attribution.base import Images, Question

Reference = Literal["mean", "blurred", "random"]
BLUR = 1 / 8
"""Standard deviation of the blur as a share of the image's shorter side."""
REFERENCES = "references"
POINTS = "points on paths"
"""What progress tells of, of methods that compare an image with others."""
FROM_MODEL = "References: {count} images kept with the model."
FROM_IMAGE = (
    "No images are kept with the model as references: they are this image blurred, "
    "a black one, and one of its mean gray."
)


def make_gray(image: Images, gray: float) -> Images:
    """(1, H, W, C): an image of one gray."""
    return np.full((1, *image.shape), gray, dtype=np.float32)


def make_mean(image: Images) -> Images:
    """(1, H, W, C): an image of the image's mean gray, each channel its own."""
    return np.broadcast_to(image.mean(axis=(0, 1)), image.shape)[None].astype(np.float32)


def make_blurred(image: Images) -> Images:
    """(1, H, W, C): the image with its lesions and edges smeared away (Gaussian)."""
    blurred = cv2.GaussianBlur(image, (0, 0), max(1.0, BLUR * min(image.shape[:2])))
    return np.asarray(blurred, dtype=np.float32).reshape(1, *image.shape)


def make_random(image: Images, count: int, seed: int) -> Images:
    """(count, H, W, C): uniform noise over the image's range."""
    noise = np.random.default_rng(seed).random((count, *image.shape), dtype=np.float32)
    return image.min() + np.ptp(image) * noise


VERSIONS: tuple[Callable[[Images], Images], ...] = (
    make_blurred,
    lambda image: make_gray(image, 0),
    make_mean,
)
"""What stands in for a background that the model lacks; black is the air of a mammogram."""


def choose_references(question: Question) -> tuple[list[Images], str]:
    """For each image the (M, H, W, C) references it is compared with, and where they come from.

    They are the background that is kept with the model where there is one, else versions of the
    image itself.
    """
    background = getattr(question.model, "background", None)
    if background is not None:
        kept = np.asarray(background, dtype=np.float32)
        return [kept] * len(question.images), FROM_MODEL.format(count=len(kept))
    made = [np.concatenate([make(image) for make in VERSIONS]) for image in question.images]
    return made, FROM_IMAGE


def compare_logits(question: Question, references: Sequence[Images]) -> NDArray[np.float32]:
    """(N,) each image's target logit less the mean of its references'."""
    means = {id(one): question.model.logits(one).mean(axis=0) for one in references}
    of_references = np.stack([means[id(one)] for one in references])
    gaps = (question.model.logits(question.images) - of_references) * question.weights
    return gaps.sum(axis=1).astype(np.float32)
