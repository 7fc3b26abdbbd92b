"""Studies drawn from known laws: four correlated views a patient, metadata that say nothing."""

import numpy as np
import pandas as pd

from mammo_core.predictions import PredictionTable

CLASSES = ("normal", "malignant")


def draw_study(seed, *, n_patients=150, prevalence=0.3, separation=1.5, blind=None):
    """A checked table of patients who are malignant or not in all their views.

    Args:
        seed: Of the draw.
        n_patients: Four views each.
        prevalence: Share of malignant patients.
        separation: Of the classes in standard deviations between patients.
        blind: From the frame to a mask of rows in which the score says nothing; None for none.
    """
    rng = np.random.default_rng(seed)
    patients = np.repeat(np.arange(n_patients), 4)
    is_positive = (rng.random(n_patients) < prevalence)[patients]
    frame = pd.DataFrame(
        {
            "image_id": [f"i{k:05}" for k in range(4 * n_patients)],
            "patient_id": [f"p{k:05}" for k in patients],
            "label": np.array(CLASSES)[is_positive.astype(int)],
            "laterality": np.tile([*"LLRR"], n_patients),
            "view": np.tile(["CC", "MLO"], 2 * n_patients),
            "density": rng.choice([*"abcd"], n_patients)[patients],
            "manufacturer": rng.choice([*"ABC"], n_patients)[patients],
            "source": rng.choice(["s1", "s2"], n_patients, p=[0.8, 0.2])[patients],
        }
    )
    is_seen = np.ones(len(frame), bool) if blind is None else ~blind(frame).to_numpy()
    noise = rng.normal(size=n_patients)[patients] + rng.normal(0, 0.5, 4 * n_patients)
    return as_table(frame, noise + separation * (is_positive & is_seen) - separation / 2)


def as_table(frame, logits):
    """The table of a frame whose second class has these logits."""
    p = 1 / (1 + np.exp(-np.asarray(logits)))
    return PredictionTable(frame.assign(p_normal=1 - p, p_malignant=p), CLASSES)
