"""How long an audit will take, before it is started."""

import time
from collections.abc import Iterable
from statistics import median
from typing import TYPE_CHECKING

import numpy as np

from mammo_core.attribution import METHODS, choose_methods
from mammo_core.audit.cost import Ledger
from mammo_core.audit.extent import list_asked
from mammo_core.audit.options import AuditOptions
from mammo_core.audit.sampling import Work, order_images, plan_work
from mammo_core.evidence import METHOD_METRICS, METRICS
from mammo_core.types import Classifier, no_progress

if TYPE_CHECKING:
    import pandas as pd

BATCH, REPEATS = 8, 3


def count_passes(index: "pd.DataFrame", options: AuditOptions) -> int:
    """Forward passes of a whole audit, about, a backward pass counting as two.

    Args:
        index: Rows of the images of the split, with image_id, label and mask_path.
        options: Whose methods and measures are known.
    """
    methods = choose_methods(list_asked(options))
    measures = options.metrics or (*METRICS, *METHOD_METRICS)
    of_maps = [name for name in measures if name in METRICS]
    of_methods = [name for name in measures if name in METHOD_METRICS]
    works = plan_work(order_images(index, options.seed), methods, options)
    if not of_methods:
        works = [Work(work.image_id, work.explaining, ()) for work in works]
    return Ledger(works, methods, of_maps, of_methods, no_progress).total


def measure_pace(seconds: Iterable[tuple[str, float]]) -> float | None:
    """Seconds a forward pass by what maps took before; None where none took a pass.

    Args:
        seconds: (method, seconds) of each map.
    """
    known = [(METHODS[name].cost, took) for name, took in seconds if name in METHODS]
    passes = sum(cost for cost, _ in known)
    return sum(took for cost, took in known if cost) / passes if passes else None


def time_pass(classifier: Classifier) -> float:
    """Seconds that one core takes for one image of a batch, whatever else the machine does now.

    CPU time, for an audit keeps about one core busy: on a machine with six times the work that it
    can do, the clock told three hours of an audit that took half of one.
    """
    images = np.zeros((BATCH, *classifier.input_shape), dtype=np.float32)
    classifier.predict(images)
    took = []
    for _ in range(REPEATS):
        started = time.process_time()
        classifier.predict(images)
        took.append(time.process_time() - started)
    return median(took) / BATCH
