"""What an audit keeps of images, made up, so that figures have a known answer."""

import numpy as np

from mammo_core.audit.blanking import BLANKED
from mammo_core.audit.figures import Figures
from mammo_core.audit.zones import BREAST, ZONES

CLASSES = ("normal", "malignant")


def make_record(
    number, *, values=None, again=None, p=0.8, label="malignant", blanked=None, **facts
):
    """One image of a patient of its own, whose lesion is called rightly where p is above a half.

    Args:
        number: Of image and patient.
        values: {method: {metric: number}} of maps.
        again: The same of measures that explain again.
        p: Probability of the last class.
        label: The true class.
        blanked: {what is blanked: that probability}; unaltered where it is not named.
        facts: What the record has besides.
    """
    values = values or {}
    shares = dict.fromkeys(ZONES, 1 / len(ZONES)) | {BREAST: 0.5}
    methods = {
        name: {"metrics": row, "shares": shares, "is_telling": True, "seconds": 0.1}
        for name, row in values.items()
    }
    return {
        "image_id": f"I{number}",
        "patient_id": f"P{number}",
        "label": label,
        "lesion": "mass" if label == "malignant" else None,
        "lesion_mm2": 100.0 + number if label == "malignant" else None,
        "laterality": "L",
        "view": "CC",
        "predicted": CLASSES[int(p > 0.5)],
        "probabilities": [1 - p, p],
        "areas": dict.fromkeys(ZONES, 1 / len(ZONES)) | {BREAST: 0.5},
        "blanked": {name: [1 - q, q] for name in BLANKED for q in [(blanked or {}).get(name, p)]},
        "methods": methods,
        "refused": {},
        "agreement": {"methods": [], "correlations": []},
        "again": {"methods": again or {}, "refused": {}},
        "disagreement": None,
        **facts,
    }


def make_figures(columns, metrics, n=24, seed=0):
    """Figures of n patients: {method: {metric: mean}}, each value within .1 of its mean."""
    return Figures.of(make_records(columns, n, seed), tuple(columns), tuple(metrics))


def make_records(columns, n=24, seed=0):
    """The records behind `make_figures`."""
    rng = np.random.default_rng(seed)
    return [
        make_record(
            k,
            values={
                method: {m: mean + rng.uniform(-0.1, 0.1) for m, mean in row.items()}
                for method, row in columns.items()
            },
        )
        for k in range(n)
    ]
