"""One method's maps of several layers, averaged."""

from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from mammo_core.attribution.base import Access, Attributed, Attribution, Need, Question
from mammo_core.attribution.resolution import upsample


@dataclass(frozen=True, kw_only=True)
class AveragedLayers(Attribution):
    """The mean of a method's maps of several layers, each divided by its largest value.

    Layers differ by orders of magnitude, so that without the division the largest one would be the
    map. It lies on the finest layer's grid. A layer whose map is empty takes part as it is: it
    speaks nowhere for the class.

    Attributes:
        method: One that looks into a layer; what it is set to look into does not matter.
        layers: Paths of two layers or more.
    """

    title: ClassVar[str] = "Average over layers"
    reference: ClassVar[str] = "Jiang et al. 2021, doi:10.1109/TIP.2021.3089943 (joining layers)"
    access: ClassVar[Access] = "layer"
    needs: ClassVar[tuple[Need, ...]] = ("layer",)
    method: Attribution
    layers: tuple[str, ...]

    def __post_init__(self) -> None:
        if len(self.layers) < 2 or len(set(self.layers)) < len(self.layers):
            raise ValueError(f"layers must be two or more different ones, got {self.layers}")
        if self.method.access != "layer":
            raise ValueError(f"method must be one that looks into a layer, got {self.method.title}")

    @property
    def signed(self) -> bool:  # type: ignore[override]  # a fact of what is wrapped
        """As the method's own maps are."""
        return self.method.signed

    @property
    def passes(self) -> str:  # type: ignore[override]  # a fact of what is wrapped
        """What one layer costs, and how often."""
        return f"{len(self.layers)} times: {self.method.passes}"

    @property
    def cost(self) -> int:  # type: ignore[override]  # a fact of what is wrapped
        """In forward passes an image."""
        return len(self.layers) * self.method.cost

    @property
    def is_class_blind(self) -> bool:  # type: ignore[override]  # a fact of what is wrapped
        """As the method is."""
        return self.method.is_class_blind

    @property
    def revision(self) -> int:  # type: ignore[override]  # a fact of what is wrapped
        """As the method's is."""
        return self.method.revision

    def attribute(self, question: Question) -> Attributed:
        """(N, h, w) maps on the grid of the finest layer."""
        settings: list[dict[str, Any]] = [{"layer": layer} for layer in self.layers]
        methods = [replace(self.method, **setting) for setting in settings]
        maps = [_scale(method.attribute(question).maps) for method in methods]
        rows, columns = (max(m.shape[axis] for m in maps) for axis in (1, 2))
        large = [upsample(m, (rows, columns)) for m in maps]
        return Attributed(np.mean(large, axis=0, dtype=np.float32))


def _scale(maps: NDArray[np.float32]) -> NDArray[np.float32]:
    """Each map divided by its largest absolute value; an empty one as it is."""
    largest = np.abs(maps).max(axis=(1, 2), keepdims=True)
    return np.divide(maps, largest, out=np.zeros_like(maps), where=largest != 0)
