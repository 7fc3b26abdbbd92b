"""An audit on its way: what is asked of which model and images, and how one image is opened."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mammo_core.attribution import Attribution
from mammo_core.audit.case import Scene
from mammo_core.audit.options import AuditOptions
from mammo_core.audit.sampling import Work
from mammo_core.audit.storage import MAPS, VERSION, audit_folder
from mammo_core.audit.zones import find_zones
from mammo_core.config import fingerprint
from mammo_core.evidence import METHOD_METRICS, METRICS
from mammo_core.explanations import tell_background
from mammo_core.model_store import StoredModel
from mammo_core.types import Classifier

if TYPE_CHECKING:
    from mammo_core.datasets import Dataset
    from mammo_core.pixels import PixelCache

FACTS = ("patient_id", "label", "lesion", "laterality", "view")
"""What is kept of the index's row."""


@dataclass(frozen=True, eq=False)
class Audit:
    """An audit on its way.

    Attributes:
        stored: The model.
        classifier: Its network.
        dataset: The images, without those that the gate keeps out.
        pixels: Their model inputs.
        options: What is asked.
        methods: By name.
        map_metrics: Names in `METRICS`.
        method_metrics: Names in `METHOD_METRICS`.
    """

    stored: StoredModel
    classifier: Classifier
    dataset: "Dataset"
    pixels: "PixelCache"
    options: AuditOptions
    methods: dict[str, Attribution]
    map_metrics: tuple[str, ...]
    method_metrics: tuple[str, ...]

    @property
    def folder(self) -> Path:
        """Where it is kept."""
        return audit_folder(self.stored, self.dataset.name, self.options.split)

    @property
    def metrics(self) -> tuple[str, ...]:
        """All measures, those of maps first."""
        return self.map_metrics + self.method_metrics

    def list_methods(self, work: Work, kind: str) -> dict[str, Attribution]:
        """The methods of one kind of work on an image, by name."""
        names = work.explaining if kind == MAPS else work.explaining_again
        return {name: self.methods[name] for name in names}

    def plan(self, work: Work, kind: str) -> str:
        """A digest of all that the record of a work depends on besides the image."""
        methods = self.list_methods(work, kind)
        metrics = self.map_metrics if kind == MAPS else self.method_metrics
        return fingerprint(
            {
                "version": VERSION,
                "model": self.stored.sha256,
                "dataset": self.dataset.version,
                "methods": {name: method.definition for name, method in methods.items()},
                "metrics": [(METRICS | METHOD_METRICS)[name]().definition for name in metrics],
                "blanking": kind == MAPS and self.options.blanking,
            }
            | tell_background(self.classifier)
        )

    def open_scene(self, image_id: str, row: Any) -> Scene:
        """An image with its zones.

        Args:
            image_id: Which one.
            row: Of the index.
        """
        gray = self.pixels.images([image_id])[0]
        image = gray.repeat(self.classifier.input_shape[2], axis=2)
        zones, breast = find_zones(self.stored, self.dataset, image_id)
        facts = {name: row[name] if isinstance(row[name], str) else None for name in FACTS}
        sizes = {"lesion_mm2": _measure_lesion(self.dataset, image_id, row)}
        return Scene(image, zones, breast, {"image_id": image_id, **facts, **sizes})


def _measure_lesion(dataset: "Dataset", image_id: str, row: Any) -> float | None:
    """The marked area in mm², None where nothing is marked or the spacing is not known."""
    mask, spacing_mm = dataset.read_mask(image_id), row["pixel_spacing_mm"]
    if mask is None or not mask.any() or spacing_mm != spacing_mm:
        return None
    return round(float(mask.sum()) * float(spacing_mm) ** 2, 2)
