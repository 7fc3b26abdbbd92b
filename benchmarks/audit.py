"""What an audit costs: a few images measured, the whole of the default sampling extrapolated."""

from collections.abc import Mapping

import psutil

from benchmarks.cpu_time import cpu_seconds
from benchmarks.demo_classifier import load_demo_classifier

CORES = 2
MINUTES = 30.0
MEGABYTE = 2**20
MANY = 30


def rows() -> list[dict[str, object]]:
    """Minutes of 96 images by all methods and measures, and how memory grows with images."""
    from mammo_core.attribution import METHODS
    from mammo_core.audit.options import DEAR

    classifier, scene = load_demo_classifier(), _open_scene()
    methods = {name: method() for name, method in METHODS.items()}
    dear = {name: method for name, method in methods.items() if method.cost > DEAR}
    cheap = {name: method for name, method in methods.items() if name not in dear}
    seconds = _measure(classifier, scene, cheap, dear)
    return [_tell_minutes(seconds), _tell_growth(classifier, scene, cheap)]


def _measure(classifier, scene, cheap: Mapping, dear: Mapping) -> dict[str, float]:
    """CPU seconds of an image by each kind of work.

    Of the dear methods only one is asked to explain again, and the others' time follows from
    their passes.
    """
    from mammo_core.audit.case import explain_again, measure_case
    from mammo_core.evidence import METHOD_METRICS, METRICS

    measure_case(classifier, scene, cheap, ())  # traces the compiled passes
    one = {"smooth_grad": dear["smooth_grad"]}
    share = one["smooth_grad"].cost / sum(method.cost for method in dear.values())
    return {
        "cheap": cpu_seconds(lambda: measure_case(classifier, scene, cheap, METRICS)),
        "dear": cpu_seconds(lambda: measure_case(classifier, scene, dear, METRICS)),
        "cheap again": cpu_seconds(lambda: explain_again(classifier, scene, cheap, METHOD_METRICS)),
        "dear again": cpu_seconds(lambda: explain_again(classifier, scene, one, METHOD_METRICS))
        / share,
    }


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


def _tell_growth(classifier, scene, cheap: Mapping) -> dict[str, object]:
    """Memory after many images against memory after a few, by the measures of place."""
    from mammo_core.audit.case import measure_case

    quick = {name: method for name, method in cheap.items() if method.cost <= 10}
    sizes = []
    for _ in range(MANY):
        measure_case(classifier, scene, quick, ("pointing_game", "energy_pointing"))
        sizes.append(psutil.Process().memory_info().rss / MEGABYTE)
    growth = (sizes[-1] - sizes[MANY // 3]) / (MANY - 1 - MANY // 3)
    return {
        "benchmark": "audit: memory that an image leaves behind",
        "figure": max(0.0, growth),
        "unit": "MB an image",
        "budget": 1.0,
        "ratio": max(0.0, growth),
    }


def _open_scene():
    """A lesion of the sample, as the demo model takes it."""
    from mammo_core.audit.case import Scene
    from mammo_core.audit.zones import find_zones
    from mammo_core.datasets import load_dataset
    from mammo_core.model_store import find_model
    from mammo_core.paths import REPOSITORY
    from mammo_core.pixels import prepare_one

    stored = find_model(REPOSITORY / "models" / "demo")
    dataset = load_dataset(REPOSITORY / "sample_data")
    image_id = dataset.index.loc[dataset.index["mask_path"].notna(), "image_id"].iloc[0]
    image = prepare_one(dataset.file_of(image_id), stored.preprocess).image[..., None]
    return Scene(image, *find_zones(stored, dataset, image_id), {"image_id": image_id})
