"""An experiment's bench whose trainings cost nothing: protocols are tried without a network."""

import hashlib
import zlib

import numpy as np
import pandas as pd

from mammo_core.datasets.dataset import Dataset
from mammo_core.experiments.work import Bench
from mammo_core.paths import write_json
from mammo_core.preprocess import Preprocess
from mammo_core.training.configuration import TrainingConfiguration
from mammo_core.training.plan import Plan, check_folder, write_plan

CLASSES = ("normal", "malignant")
CONFIG = TrainingConfiguration(recipe="whole_image", epochs=3, image_size=(64, 48))


def make_dataset(folder, n_patients=30):
    """Two images a patient; every fifth patient is of the test split, the scanners take turns."""
    rows = [
        {
            "image_id": f"p{patient:02d}{view}",
            "patient_id": f"p{patient:02d}",
            "exam_id": f"e{patient:02d}",
            "laterality": "L",
            "view": view,
            "label": CLASSES[patient % 2],
            "split": ("train", "train", "train", "val", "test")[patient % 5],
            "manufacturer": ("Aster", "Borealis")[patient // 2 % 2],
            "source": "one",
            "path": "gone",
            "mask_path": None,
        }
        for patient in range(n_patients)
        for view in ("CC", "MLO")
    ]
    card = {"name": "made", "classes": CLASSES, "fingerprint": "0123456789ab"}
    return Dataset(folder, pd.DataFrame(rows), card)


class StubTraining:
    """Takes the place of a network: learns nothing, remembers what it was given.

    Attributes:
        begun: The folder names of the trainings, as often as each was begun.
        stop_at: (folder name, epoch) after which the first such training is interrupted.
    """

    def __init__(self, dataset, stop_at=None, error=None):
        self.begun = []
        self._epochs = {}
        self.stop_at, self.error = stop_at, error
        self._positives = set(dataset.index.loc[dataset.index["label"] == CLASSES[-1], "image_id"])

    def learn(self, plan, out, *, progress, on_epoch):
        check_folder(out, plan)
        write_plan(out, plan)
        self.begun.append(out.name)
        for epoch in range(self._epochs.get(out, 0) + 1, plan.config.epochs + 1):
            progress(epoch, plan.config.epochs, "Training")
            self._epochs[out] = epoch
            on_epoch({"epoch": epoch})
            if self.stop_at == (out.name, epoch):
                self.stop_at = None
                raise self.error
        write_model(out, plan)
        return {"best_epoch": 1, "seconds": 0.5, "val": {"auroc": 0.5}}

    def ask(self, folder, bench, image_ids):
        return np.array([self._answer(folder.name, image_id) for image_id in image_ids])

    def _answer(self, name, image_id):
        luck = zlib.crc32(f"{name}{image_id}".encode()) / 2**32
        score = 0.1 + 0.55 * luck + 0.3 * (image_id in self._positives)
        return 1 - score, score


def write_model(out, plan):
    """A folder that `read_model` takes; its threshold differs from folder to folder."""
    (out / "model.keras").write_bytes(b"stands in for a network")
    card = {
        "architecture": "compact_cnn",
        "classes": list(plan.dataset.classes),
        "input_shape": list(plan.input_shape),
        "preprocessing": {"size": list(plan.config.image_size)},
        "threshold": 0.3 + 0.4 * (zlib.crc32(out.name.encode()) / 2**32),
        "training": {},
        "dataset": {"name": plan.dataset.name, "fingerprint": plan.dataset.fingerprint},
        "seed": plan.config.seed,
        "versions": {},
        "sha256": hashlib.sha256(out.name.encode()).hexdigest(),
    }
    write_json(out / "model.json", card)


def make_bench(dataset, training=None, config=CONFIG):
    """(the bench, the stub behind it)."""
    training = training or StubTraining(dataset)
    plan = Plan(dataset, config, Preprocess(size=config.image_size))
    return Bench(plan, None, training.learn, training.ask), training
