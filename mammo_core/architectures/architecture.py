"""What a page, a table and the command line say of a network before any framework is loaded."""

import pkgutil
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import keras

InputShape = tuple[int, int, int]

Pooling = Literal["logsumexp", "mean", "attention"]
"""How the evidence of all positions becomes one answer."""


@dataclass(frozen=True, kw_only=True)
class Architecture:
    """A network that can be built for any input size.

    Attributes:
        title: Its name in the literature.
        reference: Author, year and DOI or arXiv.
        suits: The resolutions it is meant for, in words.
        parameters: How many weights it has for one channel, three classes and its own pooling.
        builder: "module:function", imported when it is called. The function takes (input shape,
            number of classes, dropout, pooling) and gives an uncompiled model whose weights do
            not depend on the input size, so that those learnt on patches serve whole images. It
            has a layer "positions" that lists the positions of the last map, row by row, and a
            layer "evidence" that holds (positions, classes) of logits.
    """

    title: str
    reference: str
    suits: str
    parameters: int
    builder: str

    def build(
        self, input_shape: InputShape, n_classes: int, dropout: float, pooling: Pooling
    ) -> "keras.Model":
        """The uncompiled model for (rows, columns, channels) images."""
        function = pkgutil.resolve_name(self.builder)
        model: keras.Model = function(input_shape, n_classes, dropout, pooling)
        return model
