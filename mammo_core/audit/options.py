"""What an audit is asked to do."""

from dataclasses import dataclass
from typing import Literal

from mammo_core.errors import BadConfiguration

DEAR = 100
"""Forward passes an image from which a method counts as dear, see `Attribution.cost`."""


@dataclass(frozen=True)
class Sampling:
    """How many images are looked at; None for all.

    Attributes:
        images: By the methods that are not dear.
        dear_images: By the dear ones.
        method_images: By the measures that explain again.
        dear_method_images: By those of dear methods.
        blanked_images: With parts of them blanked, which costs no explanation.
    """

    images: int | None
    dear_images: int | None
    method_images: int | None
    dear_method_images: int | None
    blanked_images: int | None


SAMPLINGS: dict[str, Sampling] = {
    "default": Sampling(96, 24, 8, 2, blanked_images=400),
    "full": Sampling(None, None, 96, 24, blanked_images=None),
}


@dataclass(frozen=True, kw_only=True)
class AuditOptions:
    """The settings of an audit, with which its answer is kept.

    Attributes:
        split: The images' split: train, val, test or all.
        methods: Names in `METHODS`; empty for all.
        metrics: Names in `METRICS` and `METHOD_METRICS`; empty for all.
        limit: At most so many images; None leaves it to the sampling.
        sampling: Which of `SAMPLINGS`.
        seed: Chooses the images.
        blanking: Whether the model is also asked about images with parts blanked.
    """

    split: str = "test"
    methods: tuple[str, ...] = ()
    metrics: tuple[str, ...] = ()
    limit: int | None = None
    sampling: Literal["default", "full"] = "default"
    seed: int = 0
    blanking: bool = True

    def __post_init__(self) -> None:
        if self.sampling not in SAMPLINGS:
            raise BadConfiguration(
                f"Setting 'sampling' must be one of {', '.join(SAMPLINGS)}, got '{self.sampling}'"
            )
        if self.limit is not None and self.limit < 1:
            raise BadConfiguration(f"Setting 'limit' must be at least 1, got {self.limit}")

    @property
    def n_images(self) -> int | None:
        """At most so many images, None for all."""
        return self.limit or SAMPLINGS[self.sampling].images
