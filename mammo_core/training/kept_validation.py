"""The predictions of the validation images at a training's end, kept beside the model.

They give the validation AUROC its interval, and pair two trainings on the same images.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mammo_core.metrics.auroc import estimate_auroc
from mammo_core.prediction import LEFT_OUT
from mammo_core.predictions import Provenance, write_predictions
from mammo_core.run_comparison import VALIDATION

if TYPE_CHECKING:
    from mammo_core.datasets import Dataset


def keep_validation(
    out: Path,
    dataset: "Dataset",
    image_ids: Sequence[str],
    probabilities: NDArray[np.floating],
    model_sha256: str,
) -> dict[str, Any]:
    """Write the prediction table, and return what the card says of it.

    Args:
        out: The model's folder.
        dataset: Of the training.
        image_ids: Of the validation images.
        probabilities: (n, K) of the best weights, columns as the dataset's classes.
        model_sha256: Of the network's file.

    Returns:
        images, patients, positive, and its auroc with the interval of clustered DeLong.
    """
    index = dataset.index.set_index("image_id", drop=False).loc[list(image_ids)]
    table = index.drop(columns=[name for name in LEFT_OUT if name in index]).assign(split="val")
    table = table.assign(
        **{f"p_{name}": probabilities[:, k].astype(float) for k, name in enumerate(dataset.classes)}
    )
    facts = Provenance(model_sha256, dataset.version, "val")
    write_predictions(out / VALIDATION, table.reset_index(drop=True), vars(facts))
    positive, patients = dataset.classes[-1], pd.factorize(table["patient_id"])[0]
    is_positive = (table["label"] == positive).to_numpy(bool)
    return {
        "images": len(table),
        "patients": int(patients.max()) + 1,
        "positive": positive,
        "auroc": estimate_auroc(probabilities[:, -1], is_positive, patients).to_json(),
    }
