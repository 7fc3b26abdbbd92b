"""What a reader must know before he believes numbers and intervals."""

import numpy as np

from mammo_core.metrics.auroc import compute_auroc
from mammo_core.predictions import PredictionTable
from mammo_core.wording import count

FEW_PATIENTS = 15


def list_cautions(table: PredictionTable, positive: int) -> list[str]:
    """Sentences on what is too little, absent, or too good.

    Args:
        table: At its level, every label known.
        positive: Index of the class asked about.
    """
    return [
        *_on_classes(table),
        *_on_patients(table, positive),
        *_on_ranking(table, positive),
    ]


def _on_classes(table: PredictionTable) -> list[str]:
    counts = np.bincount(table.labels, minlength=len(table.classes))
    absent = [name for name, n in zip(table.classes, counts, strict=True) if not n]
    return [f"No {table.level} is labelled '{c}': what needs one is undefined" for c in absent]


def _on_patients(table: PredictionTable, positive: int) -> list[str]:
    if table.n_patients == 1:
        return ["All rows are of one patient: no interval says anything"]
    name, is_positive = table.classes[positive], table.labels == positive
    sides = {f"'{name}'": is_positive, f"without '{name}'": ~is_positive}
    counts = {words: len(np.unique(table.patients[rows])) for words, rows in sides.items()}
    return [
        f"Only {count(n, 'patient')} {'is' if n == 1 else 'are'} {words}: with fewer than "
        f"{FEW_PATIENTS} no interval can be trusted much"
        for words, n in counts.items()
        if 0 < n < FEW_PATIENTS
    ]


def _on_ranking(table: PredictionTable, positive: int) -> list[str]:
    scores, name = table.probabilities[:, positive], table.classes[positive]
    if np.ptp(scores) == 0:
        return [f"The probability of '{name}' is the same in every row: nothing is ranked"]
    if compute_auroc(scores, table.labels == positive) in (0.0, 1.0):
        return [
            f"The probability of '{name}' separates the classes without a fault: the interval of "
            "its AUROC is the exact binomial one of independent pairs of patients"
        ]
    return []
