"""A model audited on a dataset: image by image, going on where an earlier run ended."""

import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mammo_core.attribution import METHODS, Attribution, choose_methods
from mammo_core.audit.case import Scene, explain_again, measure_case
from mammo_core.audit.cost import Ledger
from mammo_core.audit.leaderboard import BARS
from mammo_core.audit.options import AuditOptions
from mammo_core.audit.sampling import Work, order_images, plan_work
from mammo_core.audit.storage import AGAIN, MAPS, VERSION, audit_folder, read_record, write_record
from mammo_core.audit.summary import summarize, write_summary
from mammo_core.audit.zones import find_zones
from mammo_core.config import fingerprint
from mammo_core.errors import BadConfiguration
from mammo_core.evidence import METHOD_METRICS, METRICS
from mammo_core.model_store import StoredModel
from mammo_core.prediction import choose_rows, open_images
from mammo_core.types import Classifier, Progress, no_progress
from mammo_core.wording import tell_nearest

if TYPE_CHECKING:
    from mammo_core.datasets import Dataset
    from mammo_core.pixels import PixelCache

logger = logging.getLogger(__name__)
Record = dict[str, Any]
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


def audit_model(
    stored: StoredModel,
    dataset: "Dataset",
    options: AuditOptions,
    progress: Progress = no_progress,
) -> Record:
    """The summary of the audit, kept beside the model with the table behind it.

    What was measured before by the same methods and measures is taken over, so that a run that was
    stopped goes on, and a larger sample costs only what is new.

    Raises:
        BadConfiguration: For an unknown method or measure.
        BadModel: Where the model has no network, or does not know the dataset's labels.
        BadDataset: Where the split has no images.
        Cancelled: Where `progress` says so; what was measured until then is kept.
    """
    methods = choose_methods(dict.fromkeys([*(options.methods or METHODS), *BARS]))
    metrics = choose_measures(options.metrics)
    stored.require_network()
    choose_rows(stored, dataset, None if options.split == "all" else options.split)
    classifier = _load(stored, progress)
    dataset, pixels = open_images(stored, dataset, progress)
    audit = Audit(stored, classifier, dataset, pixels, options, methods, *metrics)
    started = time.monotonic()
    records = _measure_all(audit, progress)
    return write_summary(audit.folder, summarize(records, audit, time.monotonic() - started))


def choose_measures(names: tuple[str, ...]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """(of maps, of methods) the named measures, all of them where none is named.

    Raises:
        BadConfiguration: For an unknown one.
    """
    known = {**METRICS, **METHOD_METRICS}
    for name in names:
        if name not in known:
            near = tell_nearest(name, known)
            raise BadConfiguration(f"Unknown measure '{name}'; known are: {', '.join(known)}{near}")
    chosen = names or tuple(known)
    return tuple(n for n in chosen if n in METRICS), tuple(n for n in chosen if n in METHOD_METRICS)


def _load(stored: StoredModel, progress: Progress) -> Classifier:
    from mammo_core.tensorflow_start import start_tensorflow

    start_tensorflow(progress)
    from mammo_core.keras_classifier import load_classifier

    return load_classifier(stored)


def _measure_all(audit: Audit, progress: Progress) -> list[Record]:
    """The records of all images, each with what explaining again gave under `again`."""
    split = None if audit.options.split == "all" else audit.options.split
    index = choose_rows(audit.stored, audit.dataset, split)
    works = plan_work(order_images(index, audit.options.seed), audit.methods, audit.options)
    if not audit.method_metrics:
        works = [Work(work.image_id, work.explaining, ()) for work in works]
    ledger = Ledger(works, audit.methods, audit.map_metrics, audit.method_metrics, progress)
    facts = index.set_index("image_id")
    return [_measure_one(audit, work, facts.loc[work.image_id], ledger) for work in works]


def _measure_one(audit: Audit, work: Work, row: Any, ledger: Ledger) -> Record:
    scene = cache(partial(_open_scene, audit, work.image_id, row))
    found = _keep(audit, work, MAPS, scene, ledger)
    nothing: Record = {"methods": {}, "refused": {}}
    again = _keep(audit, work, AGAIN, scene, ledger) if work.explaining_again else nothing
    return {**found, "again": again}


def _keep(
    audit: Audit, work: Work, kind: str, scene: Callable[[], Scene], ledger: Ledger
) -> Record:
    """The record of one work on an image, from an earlier run or made now."""
    plan = _plan(audit, work, kind)
    record = read_record(audit.folder, kind, plan, work.image_id)
    if record is None:
        record = _measure(audit, work, scene(), kind, ledger.within(work, kind))
        write_record(audit.folder, kind, plan, work.image_id, record)
    ledger.finish(work, kind)
    return record


def _measure(audit: Audit, work: Work, scene: Scene, kind: str, progress: Progress) -> Record:
    if kind == MAPS:
        chosen = _pick(audit.methods, work.explaining)
        return measure_case(
            audit.classifier,
            scene,
            chosen,
            audit.map_metrics,
            blanking=audit.options.blanking,
            progress=progress,
        )
    chosen = _pick(audit.methods, work.explaining_again)
    return explain_again(audit.classifier, scene, chosen, audit.method_metrics, progress)


def _pick(methods: Mapping[str, Attribution], names: tuple[str, ...]) -> dict[str, Attribution]:
    return {name: methods[name] for name in names}


def _plan(audit: Audit, work: Work, kind: str) -> str:
    """A digest of all that a record depends on besides the image."""
    methods = work.explaining if kind == MAPS else work.explaining_again
    metrics = audit.map_metrics if kind == MAPS else audit.method_metrics
    return fingerprint(
        {
            "version": VERSION,
            "model": audit.stored.sha256,
            "dataset": audit.dataset.version,
            "methods": {name: repr(audit.methods[name]) for name in methods},
            "metrics": [repr((METRICS | METHOD_METRICS)[name]()) for name in metrics],
            "blanking": kind == MAPS and audit.options.blanking,
        }
    )


def _open_scene(audit: Audit, image_id: str, row: Any) -> Scene:
    gray = audit.pixels.images([image_id])[0]
    image = gray.repeat(audit.classifier.input_shape[2], axis=2)
    zones, breast = find_zones(audit.stored, audit.dataset, image_id)
    facts = {name: row[name] if isinstance(row[name], str) else None for name in FACTS}
    sizes = {"lesion_mm2": _measure_lesion(audit.dataset, image_id, row)}
    return Scene(image, zones, breast, {"image_id": image_id, **facts, **sizes})


def _measure_lesion(dataset: "Dataset", image_id: str, row: Any) -> float | None:
    """The marked area in mm², None where nothing is marked or the spacing is not known."""
    mask, spacing_mm = dataset.read_mask(image_id), row["pixel_spacing_mm"]
    if mask is None or not mask.any() or spacing_mm != spacing_mm:
        return None
    return round(float(mask.sum()) * float(spacing_mm) ** 2, 2)
