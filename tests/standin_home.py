"""A small home with pictures, an index, a model's card and its predictions; no network in it."""

import hashlib
import json
import os

import numpy as np
import pandas as pd
import psutil
from PIL import Image

from mammo_core.jobs import Job

CLASSES = ("normal", "benign", "malignant")
MODEL = "demo"
DATASET = "exams"


def make_home(home, *, n_patients=12, seed=0):
    """Write the home and return the prediction table's frame."""
    index = write_dataset(home / ".mammo" / "datasets" / DATASET, n_patients, seed)
    write_card(home / "models" / MODEL)
    frame = predict(index, seed)
    path = home / "models" / MODEL / "predictions" / f"{DATASET}.parquet"
    path.parent.mkdir(parents=True)
    frame.to_parquet(path)
    return frame


def write_dataset(folder, n_patients, seed):
    rng = np.random.default_rng(seed)
    (folder / "images").mkdir(parents=True)
    rows = [
        row
        for patient in range(n_patients)
        for row in describe_patient(patient, CLASSES[patient % 3], "abcd"[patient % 4])
    ]
    for row in rows:
        pixels = draw(rng, row["laterality"])
        Image.fromarray(pixels).save(folder / row["path"])
    mask = np.zeros((80, 64), np.uint8)
    mask[30:45, 20:30] = 255
    Image.fromarray(mask).save(folder / "images" / "mask.png")
    index = pd.DataFrame(rows)
    index.attrs["fingerprint"] = "0123456789ab"
    index.to_parquet(folder / "index.parquet")
    card = {
        "name": folder.name,
        "layout": "table",
        "classes": CLASSES,
        "licence": "made for a test",
        "fingerprint": "0123456789ab",
        "synthetic": True,
    }
    (folder / "dataset.json").write_text(json.dumps(card))
    (folder / "refused.csv").write_text("file,reason\n")
    return index


def describe_patient(number, worst, density):
    for side in "RL":
        for view in ("CC", "MLO"):
            image_id = f"S{number:05d}_{side}{view}"
            is_sick = side == "L" and worst != "normal"
            yield {
                "image_id": image_id,
                "patient_id": f"S{number:05d}",
                "exam_id": f"S{number:05d}E1",
                "laterality": side,
                "view": view,
                "label": worst if is_sick else "normal",
                "split": "test",
                "path": f"images/{image_id}.png",
                "mask_path": "images/mask.png" if is_sick else None,
                "lesion": "mass" if is_sick else None,
                "density": density,
                "age": 50.0 + number,
                "manufacturer": ("Aster", "Borealis")[number % 2],
                "birads": None,
                "implant": None,
                "pixel_spacing_mm": 0.35,
                "rows": 80,
                "columns": 64,
                "source": "test",
                "gate": "accept",
                "sha256": hashlib.sha256(image_id.encode()).hexdigest(),
            }


def draw(rng, side):
    """A half disc at the chest wall of its side, on black."""
    y, x = np.mgrid[:80, :64]
    distance = np.hypot((y - 40) / 34, (x if side == "L" else 63 - x) / 45)
    tissue = (distance < 1) * (90 + rng.normal(0, 20, (80, 64)))
    return np.clip(tissue, 0, 255).astype(np.uint8)


def write_card(folder):
    folder.mkdir(parents=True)
    network = b"stands in for a network"
    (folder / "model.keras").write_bytes(network)
    card = {
        "architecture": "compact_cnn",
        "classes": CLASSES,
        "input_shape": [96, 64, 1],
        "preprocessing": {"size": [96, 64]},
        "threshold": 0.4,
        "training": {"configuration": {"recipe": "whole_image"}},
        "dataset": {"name": "generated"},
        "seed": 0,
        "versions": {},
        "sha256": hashlib.sha256(network).hexdigest(),
    }
    (folder / "model.json").write_text(json.dumps(card))
    (folder / "history.csv").write_text(
        "epoch,stage,loss,val_loss,val_auroc\n1,images,1.1,1.0,0.6\n2,images,0.9,0.9,0.8\n"
    )


def predict(index, seed):
    """Probabilities that lean towards the label, with mistakes."""
    rng = np.random.default_rng(seed)
    codes = pd.Categorical(index["label"], categories=CLASSES).codes
    logits = np.eye(3)[codes] * 1.5 + rng.normal(size=(len(index), 3))
    p = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    columns = index.drop(columns=["path", "mask_path", "sha256", "gate"])
    return columns.assign(**{f"p_{name}": p[:, i] for i, name in enumerate(CLASSES)})


def make_trainable(folder, *, n_patients=15, masks=True, classes=CLASSES):
    """A dataset whose patients train, validate and test in turn; a third has each class."""
    index = write_dataset(folder, n_patients, seed=1)
    numbers = index["patient_id"].str[1:].astype(int)
    index["split"] = numbers.map(lambda n: ("train", "train", "train", "val", "test")[n // 3 % 5])
    if not masks:
        index["mask_path"] = None
    if not classes:
        index["label"] = None
    index.attrs["fingerprint"] = "0123456789ab"
    index.to_parquet(folder / "index.parquet")
    card = json.loads((folder / "dataset.json").read_text())
    (folder / "dataset.json").write_text(json.dumps({**card, "classes": classes}))


def make_job(home, number, out, *, verb="train", exit_code=None, log="", waits=False):
    """A job as its folder tells it; without an exit code it runs as this very process."""
    folder = home / ".mammo" / "jobs" / f"2026010{number}-000000-abcdef"
    folder.mkdir(parents=True)
    content = {
        "title": f"Train {out.name}",
        "arguments": [verb, "exams", "--out", str(out)],
        "created": 1.7e9 + number,
        "pid": os.getpid(),
        "started": psutil.Process().create_time(),
        "lane": "training" if waits else None,
    }
    (folder / "job.json").write_text(json.dumps(content))
    (folder / "log.txt").write_text(log)
    if exit_code is not None:
        (folder / "end.json").write_text(json.dumps({"exit": exit_code, "at": 1.7e9}))
    return Job(folder)
