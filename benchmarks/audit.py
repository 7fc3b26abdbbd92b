"""What an audit costs: a few images measured, the whole of the default sampling extrapolated."""

from collections.abc import Iterator, Mapping
from functools import partial
from itertools import islice

import numpy as np
import psutil

from benchmarks.cpu_time import cpu_seconds
from benchmarks.demo_classifier import load_demo_classifier

CORES = 2
MINUTES = 30.0
MEGABYTE = 2**20
WARM, MANY = 24, 96
"""Images before memory is watched, and all."""
MEGABYTES_AN_IMAGE = 0.05


def rows() -> list[dict[str, object]]:
    """Minutes of 96 images by all methods and measures, each method's seconds, and memory."""
    from mammo_core.attribution import METHODS
    from mammo_core.audit.options import DEAR

    classifier = load_demo_classifier()
    methods = {name: method() for name, method in METHODS.items()}
    dear = {name: method for name, method in methods.items() if method.cost > DEAR}
    cheap = {name: method for name, method in methods.items() if name not in dear}
    growth = _tell_growth(classifier, cheap)
    seconds, of_methods = _measure(classifier, next(_open_lesions()), cheap, dear)
    return [_tell_minutes(seconds), growth, *map(_tell_seconds, of_methods.items())]


def _measure(classifier, scene, cheap: Mapping, dear: Mapping) -> tuple[dict, dict]:
    """CPU seconds of an image by each kind of work, and wall-clock seconds of each method's map.

    Of the dear methods only one is asked to explain again, and the others' time follows from
    their passes.
    """
    from mammo_core.audit.case import explain_again, measure_case
    from mammo_core.evidence import METHOD_METRICS, METRICS

    one = {"smooth_grad": dear["smooth_grad"]}
    share = one["smooth_grad"].cost / sum(method.cost for method in dear.values())
    records: list[dict] = []

    def measure(methods: Mapping, metrics=METRICS) -> None:
        records.append(measure_case(classifier, scene, methods, metrics))

    again = partial(explain_again, classifier, scene)
    measure({**cheap, **dear}, ())  # traces the compiled passes
    seconds = {
        "cheap": cpu_seconds(partial(measure, cheap)),
        "dear": cpu_seconds(partial(measure, dear)),
        "cheap again": cpu_seconds(partial(again, cheap, METHOD_METRICS)),
        "dear again": cpu_seconds(partial(again, one, METHOD_METRICS)) / share,
    }
    found = records[1]["methods"] | records[2]["methods"]
    return seconds, {name: one["seconds"] for name, one in found.items()}


def _tell_minutes(seconds: Mapping[str, float]) -> dict[str, object]:
    from mammo_core.audit.options import SAMPLINGS

    default = SAMPLINGS["default"]
    total = (
        default.images * seconds["cheap"]
        + default.dear_images * seconds["dear"]
        + default.method_images * seconds["cheap again"]
        + default.dear_method_images * seconds["dear again"]
    )
    minutes = total / CORES / 60
    return {
        "benchmark": f"audit of {default.images} images, extrapolated from one of each kind",
        "figure": minutes,
        "unit": f"minutes with {CORES} cores kept busy",
        "budget": MINUTES,
        "ratio": minutes / MINUTES,
    }


def _tell_seconds(measured: tuple[str, float]) -> dict[str, object]:
    """A method's map of one image; those that share a pass share its time evenly."""
    name, seconds = measured
    return {"benchmark": f"audit: a map by {name}", "figure": seconds, "unit": "seconds"}


def _tell_growth(classifier, cheap: Mapping) -> dict[str, object]:
    """By how much memory grows with an image: the slope over all of the sample's but the first."""
    from mammo_core.audit.case import measure_case
    from mammo_core.audit.gathering import Gathering
    from mammo_core.evidence import METRICS

    quick = {name: method for name, method in cheap.items() if method.cost <= 10}
    found, sizes = Gathering(tuple(quick), tuple(METRICS)), []
    for scene in islice(_open_scenes(), MANY):
        record = measure_case(classifier, scene, quick, ("deletion", "pointing_game"))
        found.add({**record, "again": {"methods": {}, "refused": {}}})
        sizes.append(psutil.Process().memory_info().rss / MEGABYTE)
    slope = float(np.polyfit(range(len(sizes) - WARM), sizes[WARM:], 1)[0])
    return {
        "benchmark": f"audit: memory that grows with an image, over {len(sizes) - WARM}",
        "figure": slope,
        "unit": "MB an image",
        "budget": MEGABYTES_AN_IMAGE,
        "ratio": slope / MEGABYTES_AN_IMAGE,
    }


def _open_lesions() -> Iterator:
    """Those scenes that have a lesion."""
    return (scene for scene in _open_scenes() if scene.facts["lesion"])


def _open_scenes() -> Iterator:
    """The sample's images, as an audit of the demo model looks at them."""
    from mammo_core.audit.case import Scene
    from mammo_core.audit.task import FACTS
    from mammo_core.audit.zones import find_zones
    from mammo_core.datasets import load_dataset
    from mammo_core.model_store import find_model
    from mammo_core.paths import REPOSITORY
    from mammo_core.pixels import prepare_one

    stored = find_model(REPOSITORY / "models" / "demo")
    dataset = load_dataset(REPOSITORY / "sample_data")
    for row in dataset.index.to_dict("records"):
        name = row["image_id"]
        facts = {fact: row[fact] if isinstance(row[fact], str) else None for fact in FACTS}
        image = prepare_one(dataset.file_of(name), stored.preprocess).image[..., None]
        zones = find_zones(stored, dataset, name)
        yield Scene(image, *zones, {"image_id": name, **facts, "lesion_mm2": None})
