"""What a page, a table and the command line say of a network before any framework is loaded."""

import pkgutil
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import keras

InputShape = tuple[int, int, int]

Pooling = Literal["logsumexp", "mean", "attention"]
"""How the evidence of all positions becomes one answer."""

PoolingChoice = Literal["own", "logsumexp", "mean", "attention"]
"""A pooling, or the one that the architecture is known with."""


WEIGHTS_HOME = "https://storage.googleapis.com/tensorflow/keras-applications"
"""Where keras.applications has its weights from."""


@dataclass(frozen=True)
class PublishedWeights:
    """A file of weights as keras.applications fetches it.

    Attributes:
        place: Its folder and name under `WEIGHTS_HOME`.
        digest: Its MD5 (32 hex digits) or SHA-256 (64), as Keras states it.
    """

    place: str
    digest: str

    @property
    def name(self) -> str:
        """The file's name, also in Keras's cache."""
        return self.place.rpartition("/")[2]

    @property
    def url(self) -> str:
        """Where it is fetched from."""
        return f"{WEIGHTS_HOME}/{self.place}"


@dataclass(frozen=True, kw_only=True)
class Architecture:
    """A network that can be built for any input size.

    Attributes:
        title: Its name in the literature.
        reference: Author, year and DOI or arXiv.
        suits: The resolutions it is meant for, in words.
        parameters: How many weights it has for one channel, three classes and its own pooling.
        pooling: The one that it is known with.
        imagenet: The ImageNet weights of its trunk; None where there are none.
        views: Those that its input holds side by side, `VIEWS` of `mammo_core.hanging`; empty for a
            single image.
        trunk: The architecture of one image whose trunk it has; None where it has its own.
        builder: "module:function", imported when it is called. The function takes (input shape,
            number of classes, dropout, pooling) and gives an uncompiled model whose weights do
            not depend on the input size, so that those learnt on patches serve whole images. Its
            trunk ends where the layer "dropout" begins; after that a layer "positions" lists the
            positions of the last map, row by row, and a layer "evidence" holds (positions,
            classes) of logits.
    """

    title: str
    reference: str
    suits: str
    parameters: int
    builder: str
    pooling: Pooling = "logsumexp"
    imagenet: PublishedWeights | None = None
    views: tuple[str, ...] = ()
    trunk: str | None = None

    def build(
        self, input_shape: InputShape, n_classes: int, dropout: float, pooling: PoolingChoice
    ) -> "keras.Model":
        """The uncompiled model for (rows, columns, channels) images."""
        function = pkgutil.resolve_name(self.builder)
        chosen = self.pooling if pooling == "own" else pooling
        model: keras.Model = function(input_shape, n_classes, dropout, chosen)
        return model
