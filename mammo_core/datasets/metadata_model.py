"""Whether what is known about the images, without any pixel, already predicts their label."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from mammo_core.datasets.out_of_fold import Trial, deal_folds
from mammo_core.metrics.estimate import UNDEFINED, Estimate

if TYPE_CHECKING:
    import pandas as pd

PREDICTORS: Mapping[str, tuple[str, ...]] = {
    "side": ("laterality",),
    "view": ("view",),
    "scanner": ("manufacturer",),
    "source": ("source",),
    "size": ("rows", "columns"),
    "spacing": ("pixel_spacing_mm",),
    "age": ("age",),
    "density": ("density",),
    "acquisition": ("acquisition",),
    "implant": ("implant",),
    "burned-in marker": ("n_markers", "marker_area"),
}
"""What the model may use, by the name that reports show; BI-RADS is a reading, not a fact. Those
whose columns a table lacks are left out: only the quality report adds those of burned-in markers.
"""

BIOLOGY = ("age", "density")
"""Predictors that go with cancer in nature too."""

MAX_LEVELS = 30
BINS = 10
WARN_ABOVE = 0.6

Codes = NDArray[np.intp]


@dataclass(frozen=True)
class Predictor:
    """How well one fact alone predicts the label."""

    name: str
    auroc: Estimate


@dataclass(frozen=True)
class MetadataModel:
    """How well the metadata predict whether an image is of the positive class.

    Attributes:
        auroc: Cross-validated; undefined with too few patients or classes.
        positive: The class that is predicted, the worst one.
        n: Labeled images.
        patients: Their patients.
        predictors: Those that vary, the strongest first.
    """

    auroc: Estimate
    positive: str | None
    n: int
    patients: int
    predictors: tuple[Predictor, ...] = ()

    @property
    def warning(self) -> str | None:
        """The sentence that names what gives the label away, None where nothing does."""
        telling = [p for p in self.predictors if is_telling(p.auroc)]
        if telling:
            return f"{_tell_first(telling[0], self.positive)}{_tell_others(telling[1:])}"
        if is_telling(self.auroc):
            return f"The metadata together predict {self.positive} ({describe(self.auroc)})"
        return None

    def to_json(self) -> dict[str, Any]:
        """As the report keeps it."""
        return {
            **self.auroc.to_json(),
            "positive": self.positive,
            "n": self.n,
            "patients": self.patients,
            "columns": [p.name for p in self.predictors],
            "alone": {p.name: p.auroc.to_json() for p in self.predictors},
            "warning": self.warning,
        }


def is_telling(auroc: Estimate) -> bool:
    """Whether an AUROC's lower end is above .6."""
    return auroc.low is not None and auroc.low > WARN_ABOVE


def describe(auroc: Estimate) -> str:
    """The text "AUROC 0.83 [0.78 to 0.88]"."""
    if auroc.value is None or auroc.low is None or auroc.high is None:
        return "AUROC undefined"
    return f"AUROC {auroc.value:.2f} [{auroc.low:.2f} to {auroc.high:.2f}]"


def assess_metadata(
    index: "pd.DataFrame", classes: Sequence[str], *, seed: int = 0
) -> MetadataModel:
    """How well side, view, scanner and the like predict the worst class, out of fold.

    The model is a ridge logistic regression on one-hot codes; numbers are cut into tenths, and
    missing is a value of its own. Patients are dealt to five folds, those of the positive class
    apart, so that nobody is in training and test.

    Args:
        index: A dataset's index.
        classes: Mildest first.
        seed: Of the folds.
    """
    labeled = index[index["label"].notna()]
    patients, _ = _codes(labeled["patient_id"])
    size = int(patients.max(initial=-1)) + 1
    if len(classes) < 2:
        return MetadataModel(UNDEFINED, None, len(labeled), size)
    is_positive = (labeled["label"] == classes[-1]).to_numpy(bool)
    features = _encode(labeled)
    trial = Trial(is_positive, patients, deal_folds(is_positive, patients, seed))
    alone = [Predictor(name, trial.run(codes)) for name, codes in features.items()]
    every = [codes for columns in features.values() for codes in columns]
    ranked = sorted(alone, key=lambda p: -(p.auroc.value or 0))
    return MetadataModel(trial.run(every), classes[-1], len(labeled), size, tuple(ranked))


def _tell_first(strongest: Predictor, positive: str | None) -> str:
    reason = (
        "part of it may be biology, yet a model can score by it without seeing any disease"
        if strongest.name in BIOLOGY
        else "a model can learn it instead of the disease"
    )
    return f"The {strongest.name} alone predicts {positive} ({describe(strongest.auroc)}): {reason}"


def _tell_others(others: Sequence[Predictor]) -> str:
    told = ", ".join(f"{p.name} ({describe(p.auroc)})" for p in others)
    return f"; so do, each alone: {told}" if told else ""


def _encode(index: "pd.DataFrame") -> dict[str, list[Codes]]:
    """The codes of each predictor's columns; one that doesn't vary is left out."""
    encoded = {}
    for name, columns in PREDICTORS.items():
        coded = [_encode_column(index[column]) for column in columns if column in index]
        varying = [codes for codes in coded if codes.min(initial=0) != codes.max(initial=0)]
        if varying:
            encoded[name] = varying
    return encoded


def _encode_column(values: "pd.Series") -> Codes:
    """Codes from 0 on: levels of a text, tenths of a number with many values; missing is its own.

    The rare ones of many levels share a code.
    """
    import pandas as pd

    is_number = pd.api.types.is_numeric_dtype(values) and values.dtype != "boolean"
    if is_number and values.nunique() > BINS:
        values = pd.qcut(values, BINS, labels=False, duplicates="drop")
    codes, levels = _codes(values)
    if levels > MAX_LEVELS:
        counts = np.bincount(codes)
        rare = np.argsort(-counts, kind="stable")[MAX_LEVELS:]
        codes = np.where(np.isin(codes, rare), rare[0], codes)
        codes, _ = _codes(pd.Series(codes))
    return codes


def _codes(values: "pd.Series") -> tuple[Codes, int]:
    """(codes from 0 on in the order of the values, their number); missing is the last."""
    import pandas as pd

    codes, levels = pd.factorize(values, sort=True, use_na_sentinel=True)
    missing = codes < 0
    return np.where(missing, len(levels), codes), len(levels) + bool(missing.any())
