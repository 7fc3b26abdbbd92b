"""A finished audit in the stand-in home, made of records as an audit of images leaves them."""

from types import SimpleNamespace

import numpy as np
import standin_home
from made_records import make_record

from mammo_core.attribution import METHODS
from mammo_core.audit.gathering import Gathering
from mammo_core.audit.options import AuditOptions
from mammo_core.audit.storage import audit_folder
from mammo_core.audit.summary import summarize, write_summary
from mammo_core.audit.zones import BREAST, ZONES
from mammo_core.datasets import load_dataset
from mammo_core.model_store import find_model

OF_STANDIN = f".mammo/datasets/{standin_home.DATASET}"
COLUMNS = {
    "grad_cam": {"deletion": 0.2, "insertion": 0.9, "energy_pointing": 0.8},
    "saliency": {"deletion": 0.7, "insertion": 0.4, "energy_pointing": 0.2},
    "hires_cam": {"deletion": 0.6, "insertion": 0.45, "energy_pointing": 0.9},
    "edges": {"deletion": 0.6, "insertion": 0.5, "energy_pointing": 0.3},
    "center": {"deletion": 0.6, "insertion": 0.5, "energy_pointing": 0.3},
}
"""What each method's maps measure, about: one beats both controls, one neither, one by place."""
ON_BREAST = {**dict.fromkeys(ZONES, 0.02), "lesion": 0.5, "parenchyma": 0.42, BREAST: 0.95}
ON_TAG = {**dict.fromkeys(ZONES, 0.02), "markers": 0.8, "air": 0.12, BREAST: 0.08}


def make_audit(home, *, dataset=OF_STANDIN, looks_at_tag=False, columns=COLUMNS, n_images=None):
    """Write the audit of the model "demo" on a dataset's test images and return the summary.

    Args:
        home: What MAMMO_HOME names.
        dataset: Its folder in there.
        looks_at_tag: Whether evidence lies on the marker, and the model fails without it.
        columns: {method: {measure: about what it is}}.
        n_images: The first so many; None for all.
    """
    stored = find_model(standin_home.MODEL)
    dataset = load_dataset(home / dataset)
    records = [
        build_record(row, number, columns, looks_at_tag=looks_at_tag)
        for number, row in enumerate(dataset.index.to_dict("records")[:n_images])
    ]
    audit = SimpleNamespace(
        stored=stored,
        dataset=dataset,
        options=AuditOptions(),
        methods={name: METHODS[name]() for name in columns},
        map_metrics=tuple(next(iter(columns.values()))),
        method_metrics=(),
    )
    folder = audit_folder(stored, dataset.name, "test")
    folder.mkdir(parents=True, exist_ok=True)
    found = Gathering.of(records, tuple(audit.methods), audit.map_metrics)
    summary, figures = summarize(found, audit, 60.0)
    write_summary(folder, summary, figures)
    return summary


def build_record(row, number, columns, *, looks_at_tag):
    """The record of one image of the stand-in dataset; every lesion is called rightly."""
    rng = np.random.default_rng(number)
    is_malignant = row["label"] == "malignant"
    p = (0.8 if is_malignant else 0.1) + rng.uniform(-0.05, 0.05)
    values = {
        method: {measure: about + rng.uniform(-0.05, 0.05) for measure, about in cells.items()}
        for method, cells in columns.items()
    }
    record = make_record(number, values=values, p=p, label=row["label"])
    for one in record["methods"].values():
        one["shares"] = ON_TAG if looks_at_tag else ON_BREAST
    without = rng.uniform() if looks_at_tag else p
    blanked = {name: share_out(p) for name in record["blanked"]}
    blanked |= {"markers": share_out(without), "outside": share_out(without)}
    return record | {
        **{name: row[name] for name in ("image_id", "patient_id", "laterality", "view", "lesion")},
        "predicted": row["label"],
        "probabilities": share_out(p),
        "blanked": blanked | {"breast": share_out(rng.uniform())},
        "areas": {**record["areas"], "lesion": 0.1 if isinstance(row["lesion"], str) else 0},
        "agreement": {"methods": ["grad_cam", "saliency"],
                      "correlations": [[1.0, rng.uniform()], [rng.uniform(), 1.0]]},
        "again": {"methods": {}, "refused": {}, "cascades": {"grad_cam": CASCADE}},
    }  # fmt: skip


def share_out(p):
    """Probabilities of three classes, the last of which has p."""
    return [(1 - p) / 2, (1 - p) / 2, p]


CASCADE = {
    "n_layers": 4,
    "n_drawn": [0, 1, 4],
    "layers": ["", "head", "stem"],
    "rank_correlation": [1.0, 0.4, 0.1],
    "ssim": [1.0, 0.5, 0.2],
}
