"""Trials without a network: what stands for a training where a test is about the sweep."""

import csv
import os
import sys
import time
from pathlib import Path

from mammo_core.errors import MammoError
from mammo_core.paths import write_json
from mammo_core.tuning.loop import work_on
from mammo_core.tuning.ranges import Between, Choice
from mammo_core.tuning.storage import open_study
from mammo_core.tuning.sweep import Sweep, claim_folder
from mammo_core.types import no_progress

EPOCHS = 6
RANGES = {"dropout": Between(0.0, 0.5), "augmentation": Choice(("none", "standard"))}


def make_sweep(folder, n_trials, **other):
    made = {
        "folder": Path(folder),
        "dataset": "nosuch",
        "data": {"name": "made", "fingerprint": "0"},
        "fixed": {"epochs": EPOCHS},
        "ranges": RANGES,
        "n_trials": n_trials,
        **other,
    }
    sweep = Sweep(**made)
    claim_folder(sweep)
    return sweep


def score(settings):
    """The best there is lies at dropout 0.3; augmentation hardly matters."""
    bonus = 0.01 if settings["augmentation"] == "standard" else 0.0
    return 0.9 - (settings["dropout"] - 0.3) ** 2 * 5 + bonus


def train(sweep, settings, folder, progress, on_epoch):
    """Write what a training writes: a history, a checkpoint, at the end a card."""
    folder.mkdir(parents=True, exist_ok=True)
    with (sweep.folder / f"runs-{os.getpid()}.txt").open("a") as runs:
        runs.write(f"{folder.name}\n")
    rows = count_rows(folder)
    for epoch in range(rows + 1, EPOCHS + 1):
        progress(epoch - 1, EPOCHS, "Training")
        time.sleep(0.005)  # so that two workers meet
        row = {"epoch": epoch, "stage": "images", "val_auroc": score(settings) * epoch / EPOCHS}
        add_row(folder, row)
        (folder / "checkpoint.npz").write_text("state")
        on_epoch(row)
    write_json(folder / "model.json", {})


def count_rows(folder):
    file = folder / "history.csv"
    return len(file.read_text().splitlines()) - 1 if file.exists() else 0


def add_row(folder, row):
    file = folder / "history.csv"
    is_new = not file.exists()
    with file.open("a", newline="") as stream:
        writer = csv.DictWriter(stream, row)
        if is_new:
            writer.writeheader()
        writer.writerow(row)


def fail_where_regularized(sweep, settings, folder, progress, on_epoch):
    if settings["dropout"] > 0.25:
        raise MammoError("Not enough memory")
    train(sweep, settings, folder, progress, on_epoch)


def fail(sweep, settings, folder, progress, on_epoch):
    raise MammoError("The disk is full")


def die(sweep, settings, folder, progress, on_epoch):
    """End the process in the third epoch, as the system ends one that takes too much memory."""

    def on_epoch_or_die(row):
        on_epoch(row)
        if row["epoch"] == 3:
            os._exit(9)

    train(sweep, settings, folder, progress, on_epoch_or_die)


def wait_to_be_stopped(sweep, settings, folder, progress, on_epoch):
    deadline = time.monotonic() + 120
    (sweep.folder / "waiting.txt").touch()
    while time.monotonic() < deadline:
        progress(0, 1, "Waiting")
        time.sleep(0.02)


def die_at_once(sweep, settings, folder, progress, on_epoch):
    os._exit(9)


if __name__ == "__main__":
    made = make_sweep(sys.argv[1], int(sys.argv[2]))
    work_on(made, open_study(made), globals()[sys.argv[3]], no_progress)
