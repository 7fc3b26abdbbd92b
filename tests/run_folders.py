"""Folders of runs for tests that need no network: finished, unfinished, imported, evaluated."""

import hashlib
from pathlib import Path

from made_cards import make_card

from mammo_core.config import to_mapping
from mammo_core.importing.facts import Import, write_facts
from mammo_core.model_store import file_sha256
from mammo_core.paths import write_json, write_text
from mammo_core.preprocess import Preprocess
from mammo_core.training.configuration import TrainingConfiguration, list_settings

HISTORY = (
    "epoch,stage,loss,val_loss,val_auroc,seconds\n1,images,1.1,1.0,0.6,4\n2,images,0.9,0.9,0.8,4\n"
)
SMALL = {"recipe": "whole_image", "image_size": (64, 48)}


def write_run(folder, *, training=None, dataset=None, card=None, **settings):
    """A whole model, trained here with these settings."""
    configuration = TrainingConfiguration(**(SMALL | settings))
    facts = {"configuration": list_settings(configuration), "parameters": 1000, "seconds": 8.0}
    facts |= {"epochs": 2, "patch_epochs": 0, "val": {"loss": 0.9, "auroc": 0.8}}
    write_model(
        folder,
        architecture=configuration.architecture,
        preprocessing=to_mapping(Preprocess(size=configuration.image_size)),
        training=facts | {"created": "2026-01-02"} | (training or {}),
        dataset={"name": "films", "fingerprint": "f"} | (dataset or {}),
        **(card or {}),
    )
    write_text(folder / "history.csv", HISTORY)


def write_model(folder, **card):
    """A folder with a card and something that stands in for a network."""
    network = f"stands in for the network {folder.name}".encode()
    folder.mkdir(parents=True)
    (folder / "model.keras").write_bytes(network)
    digest = hashlib.sha256(network).hexdigest()
    write_json(folder / "model.json", make_card(sha256=digest, **card))


def write_import(folder, classes=("normal", "malignant")):
    """A whole model of which nothing is known but its network, as an import leaves it."""
    card = write_facts(
        Import(file=Path("theirs.keras"), classes=classes),
        Preprocess(size=(64, 48)),
        file_format="Keras 3 archive",
        input_shape=(64, 48, 1),
        head="softmax",
        parameters=10,
        sha256="",
    )
    write_model(folder, **{key: value for key, value in card.items() if key != "sha256"})


def write_unfinished(folder, *, history=HISTORY, **settings):
    """What a training leaves behind that was stopped."""
    configuration = TrainingConfiguration(**(SMALL | settings))
    plan = {
        "configuration": list_settings(configuration),
        "preprocessing": to_mapping(Preprocess(size=configuration.image_size)),
        "dataset": {"name": "films", "fingerprint": "f"},
    }
    write_json(folder / "training.json", plan)
    if history:
        write_text(folder / "history.csv", history)


def write_evaluation(folder, auroc, *, dataset="films", split="test", level="image"):
    """A kept evaluation of a prediction table that is there."""
    table = folder / "predictions" / f"{dataset}.parquet"
    if not table.exists():
        write_text(table, f"stands in for a table of {dataset}")
    answer = {
        "n": 8,
        "patients": 2,
        "split": split,
        "level": level,
        "positive": "malignant",
        "per_class": {"malignant": {"auroc": auroc}},
    }
    content = {"table_sha256": file_sha256(table), "answer": answer}
    write_json(folder / "evaluations" / f"{dataset}.{split}.{level}.mean.json", content)
