"""Made prediction tables: four views a patient, scores that agree within a patient."""

import numpy as np
import pandas as pd

CLASSES = ("normal", "benign", "malignant")


def make_predictions(n_patients=60, seed=0, separation=1.5):
    rng = np.random.default_rng(seed)
    n = 4 * n_patients
    patient = np.repeat(np.arange(n_patients), 4)
    side = np.tile(["L", "L", "R", "R"], n_patients)
    worst = np.random.default_rng(5).choice(3, n_patients, p=[0.4, 0.3, 0.3])[patient]
    label = np.where((side == "L") | (patient % 2 == 1), worst, 0)
    z = rng.normal(size=(n_patients, 3))[patient] + rng.normal(0, 0.5, (n, 3))
    z[np.arange(n), label] += separation
    p = np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)
    return pd.DataFrame(
        {
            "image_id": [f"i{k:04}" for k in range(n)],
            "patient_id": [f"p{k:03}" for k in patient],
            "exam_id": [f"e{k:03}" for k in patient],
            "laterality": side,
            "view": np.tile(["CC", "MLO"], 2 * n_patients),
            "label": np.array(CLASSES)[label],
            "split": "test",
            **{f"p_{name}": p[:, k] for k, name in enumerate(CLASSES)},
            "density": np.array([*"abcd", None])[patient % 5],
            "age": np.where(patient % 7 == 0, np.nan, 40 + patient % 30),
            "birads": np.where(patient % 3 == 0, np.nan, patient % 3),
        }
    )
