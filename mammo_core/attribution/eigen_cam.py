"""Eigen-CAM."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from mammo_core.attribution.base import Access, Attributed, Attribution, Need, Question
from mammo_core.errors import BadModel


@dataclass(frozen=True, kw_only=True)
class EigenCam(Attribution):
    """A layer's activations along their own main direction; it knows no class.

    Whichever class is asked for, the map is the same: it shows what the layer answers to, never
    why a class was called.

    ReLU(A v) with v the first right singular vector of A, (cells, channels), which is not centered.
    A singular vector has no sign of its own; it is settled so that the map's sum is not negative.
    For non-negative activations no cell is then negative. Departure: for others, the paper keeps
    what lies against the main direction and it is cut off here, as in the maps that stand beside.

    Attributes:
        layer: Path of the layer; None is the model's default.
    """

    title: ClassVar[str] = "Eigen-CAM"
    reference: ClassVar[str] = "Muhammad and Yeasin 2020, arXiv:2008.00299"
    signed: ClassVar[bool] = False
    passes: ClassVar[str] = "1 forward, shared"
    cost: ClassVar[int] = 3
    access: ClassVar[Access] = "layer"
    needs: ClassVar[tuple[Need, ...]] = ("layer",)
    is_class_blind: ClassVar[bool] = True
    layer: str | None = None

    def attribute(self, question: Question) -> Attributed:
        """(N, h, w) non-negative maps at the layer's resolution.

        Raises:
            BadModel: Where the activations are not finite, which have no direction.
        """
        activations, _ = question.layer(self.layer)
        if not np.isfinite(activations).all():
            raise BadModel(
                "The layer's activations are not finite; the model's weights or the image hold "
                "values that are not numbers"
            )
        n, rows, columns, channels = activations.shape
        left, sizes, _ = np.linalg.svd(activations.reshape(n, -1, channels), full_matrices=False)
        along = left[..., 0] * sizes[:, :1]
        signs = np.where(along.sum(axis=1, keepdims=True) < 0, -1, 1)
        return Attributed(np.maximum(signs * along, 0).reshape(n, rows, columns))
