"""A model audited on a dataset: image by image, going on where an earlier run ended."""

import logging
import time
from collections.abc import Callable, Iterator
from functools import cache, partial
from typing import TYPE_CHECKING, Any

from mammo_core.attribution import choose_methods
from mammo_core.audit.case import Scene, explain_again, measure_case
from mammo_core.audit.cost import Ledger
from mammo_core.audit.extent import is_smaller, list_asked
from mammo_core.audit.gathering import Gathering
from mammo_core.audit.options import AuditOptions
from mammo_core.audit.sampling import Work, order_images, plan_work
from mammo_core.audit.storage import (
    AGAIN,
    MAPS,
    audit_folder,
    make_folder,
    read_audit,
    read_record,
    write_record,
)
from mammo_core.audit.summary import summarize, write_summary
from mammo_core.audit.task import Audit
from mammo_core.errors import BadConfiguration
from mammo_core.evidence import METHOD_METRICS, METRICS
from mammo_core.model_store import StoredModel
from mammo_core.prediction import choose_rows, open_images
from mammo_core.types import Classifier, Progress, no_progress
from mammo_core.wording import tell_nearest

if TYPE_CHECKING:
    from mammo_core.datasets import Dataset

logger = logging.getLogger(__name__)
Record = dict[str, Any]


def audit_model(
    stored: StoredModel,
    dataset: "Dataset",
    options: AuditOptions,
    progress: Progress = no_progress,
    *,
    replace: bool = False,
) -> Record:
    """The summary of the audit, kept beside the model with the table behind it.

    A larger one of the same network, images and seed keeps its place unless told to `replace` it.

    What was measured before by the same methods and measures is taken over, so that a run that was
    stopped goes on, and a larger sample costs only what is new.

    Raises:
        BadConfiguration: For an unknown method or measure.
        BadModel: Where the model has no network, or does not know the dataset's labels.
        BadDataset: Where the split has no images.
        MammoError: Where nothing can be written beside the model.
        Cancelled: Where `progress` says so; what was measured until then is kept.
    """
    methods = choose_methods(list_asked(options))
    measures = choose_measures(options.metrics)
    stored.require_network()
    choose_rows(stored, dataset, None if options.split == "all" else options.split)
    make_folder(audit_folder(stored, dataset.name, options.split))
    classifier = _load(stored, progress)
    dataset, pixels = open_images(stored, dataset, progress)
    audit = Audit(stored, classifier, dataset, pixels, options, methods, *measures)
    started = time.monotonic()
    found = Gathering.of(_measure_all(audit, progress), tuple(methods), audit.metrics)
    summary, figures = summarize(found, audit, time.monotonic() - started)
    if replace or not is_smaller(summary, read_audit(audit.folder)):
        write_summary(audit.folder, summary, figures)
    return summary


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


def _measure_all(audit: Audit, progress: Progress) -> Iterator[Record]:
    """The records of all images, each with what explaining again gave under `again`."""
    split = None if audit.options.split == "all" else audit.options.split
    index = choose_rows(audit.stored, audit.dataset, split)
    works = plan_work(order_images(index, audit.options.seed), audit.methods, audit.options)
    if not audit.method_metrics:
        works = [Work(work.image_id, work.explaining, ()) for work in works]
    ledger = Ledger(works, audit.methods, audit.map_metrics, audit.method_metrics, progress)
    facts = index.set_index("image_id")
    for work in works:
        yield _measure_one(audit, work, facts.loc[work.image_id], ledger)


def _measure_one(audit: Audit, work: Work, row: Any, ledger: Ledger) -> Record:
    scene = cache(partial(audit.open_scene, work.image_id, row))
    found = _keep(audit, work, MAPS, scene, ledger)
    nothing: Record = {"methods": {}, "refused": {}}
    again = _keep(audit, work, AGAIN, scene, ledger) if work.explaining_again else nothing
    return {**found, "again": again}


def _keep(
    audit: Audit, work: Work, kind: str, scene: Callable[[], Scene], ledger: Ledger
) -> Record:
    """The record of one work on an image, from an earlier run or made now."""
    plan = audit.plan(work, kind)
    record = read_record(audit.folder, kind, plan, work.image_id)
    if record is None:
        record = _measure(audit, work, scene(), kind, ledger.within(work, kind))
        write_record(audit.folder, kind, plan, work.image_id, record)
    ledger.finish(work, kind)
    return record


def _measure(audit: Audit, work: Work, scene: Scene, kind: str, progress: Progress) -> Record:
    model, methods = audit.classifier, audit.list_methods(work, kind)
    if kind == AGAIN:
        return explain_again(model, scene, methods, audit.method_metrics, progress)
    blanking = audit.options.blanking
    return measure_case(
        model, scene, methods, audit.map_metrics, blanking=blanking, progress=progress
    )
