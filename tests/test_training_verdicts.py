"""The verdict on histories as they come: never overfitting while a run improves, and lasting."""

from pathlib import Path

import numpy as np
import pytest

from mammo_core.history import read_history
from mammo_core.training.diagnosis import ADVICE, ADVICE_ENDED, choose_rows, diagnose_facts

DEMO = Path(__file__).resolve().parents[1] / "models" / "demo"


def rows_of(aurocs, losses, val_losses, trained=None, stage="images"):
    return [
        {"epoch": float(n), "stage": stage, "loss": loss, "val_loss": val_loss,
         "val_auroc": auroc, "train_auroc": "" if trained is None else float(trained[n - 1])}
        for n, (auroc, loss, val_loss) in enumerate(
            zip(map(float, aurocs), map(float, losses), map(float, val_losses), strict=True), 1)
    ]  # fmt: skip


def replay(rows, **counts):
    return [diagnose_facts(rows[:n], **counts).kind for n in range(1, len(rows) + 1)]


def scattered(seed, n, size):
    return np.exp(np.random.default_rng(seed).normal(0, size, n))


@pytest.mark.parametrize("seed", range(8))
def test_a_steadily_improving_run_never_overfits_however_its_validation_loss_scatters(seed):
    n = 30
    aurocs = np.linspace(0.55, 0.9, n)
    rows = rows_of(aurocs, np.geomspace(1, 0.3, n), scattered(seed, n, 0.3))
    assert "overfitting" not in replay(rows, n_positives=30, n_negatives=200)


@pytest.mark.parametrize("stage", ["patches", "images"])
def test_the_shipped_model_never_overfitted(stage):
    rows = [row for row in read_history(DEMO) if row["stage"] == stage]
    assert "overfitting" not in replay(rows, n_positives=30, n_negatives=210)


@pytest.mark.parametrize("seed", range(4))
def test_a_run_that_learns_by_heart_overfits_and_stays_so(seed):
    n = 14
    aurocs = [0.7, 0.78, 0.84, 0.85, *np.linspace(0.83, 0.65, 10)]
    val_losses = np.array([0.7, 0.6, 0.5, 0.45, *np.linspace(0.5, 1.6, 10)])
    losses = np.geomspace(0.7, 0.005, n)
    noisy = val_losses * scattered(seed, n, 0.03)
    kinds = replay(rows_of(aurocs, losses, noisy, np.linspace(0.75, 1, n)), n_positives=30)
    assert kinds[9:] == ["overfitting"] * 5


def test_training_below_validation_is_no_overfitting():
    falling, rising = np.linspace(1, 0.5, 6), np.linspace(1, 1.5, 6)
    aurocs = [0.8, 0.7, 0.7, 0.7, 0.7, 0.7]
    below, above = ([auroc + side for auroc in aurocs] for side in (-0.1, 0.1))
    assert diagnose_facts(rows_of(aurocs, falling, rising, below)).kind != "overfitting"
    assert diagnose_facts(rows_of(aurocs, falling, rising, above)).kind == "overfitting"


def test_outputs_that_hardly_moved_do_not_overfit():
    aurocs, rising = [0.8, 0.7, 0.7, 0.7, 0.7, 0.7], np.linspace(1, 1.5, 6)
    assert diagnose_facts(rows_of(aurocs, np.linspace(1, 0.95, 6), rising)).kind != "overfitting"


def test_a_rise_that_two_positives_make_by_chance_is_none_of_thirty():
    rows = rows_of([0.8, 0.7, 0.7, 0.7, 0.7], np.linspace(1, 0.5, 5), np.linspace(1, 1.25, 5))
    assert diagnose_facts(rows, n_positives=2).kind != "overfitting"
    assert diagnose_facts(rows, n_positives=30, n_negatives=3000).kind == "overfitting"


def test_a_finished_run_is_not_told_to_wait():
    for n in (1, 3):
        rows = rows_of(*[np.linspace(0.6, 0.6 + 0.1 * n, n)] * 3)
        kind = diagnose_facts(rows).kind
        assert diagnose_facts(rows).advice == ADVICE[kind]
        assert diagnose_facts(rows, has_ended=True).advice == ADVICE_ENDED[kind] != ADVICE[kind]


def test_a_last_stage_of_one_epoch_is_judged_with_the_stages_before_it():
    ones = np.ones(4)
    rows = rows_of([0.06, 0.05, 0.06, 0.06], ones, ones)
    for row, stage in zip(rows, ["patches", "head", "upper", "images"], strict=True):
        row["stage"] = stage
    assert [row["stage"] for row in choose_rows(rows)] == ["head", "upper", "images"]
    assert diagnose_facts(choose_rows(rows)).kind == "swapped"
    assert list(choose_rows(rows[:1])) == rows[:1]
