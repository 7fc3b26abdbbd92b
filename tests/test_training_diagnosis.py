"""What is said of a training, on histories made so that the answer is known."""

import pytest

from mammo_core.training.diagnosis import diagnose, find_best_epoch, find_overfitting

FALLING = [1.0, 0.9, 0.8, 0.7, 0.6, 0.5]
RISING = [1.0, 1.1, 1.2, 1.3, 1.4, 1.5]
LEVEL = [1.0] * 6


def history(aurocs, losses=None, val_losses=None, first=1):
    losses = losses or [1.0] * len(aurocs)
    val_losses = val_losses or [1.0] * len(aurocs)
    columns = zip(aurocs, losses, val_losses, strict=True)
    return [
        {"epoch": float(epoch), "loss": loss, "val_loss": val_loss, "val_auroc": auroc}
        for epoch, (auroc, loss, val_loss) in enumerate(columns, first)
    ]


def test_the_best_epoch_is_the_first_of_the_highest_auroc():
    assert find_best_epoch(history([0.6, 0.8, 0.7, 0.8])) == 2


def test_an_epoch_without_auroc_is_not_the_best():
    assert find_best_epoch([{"epoch": 1.0, "val_auroc": ""}]) is None


def test_without_any_auroc_none_is_claimed():
    rows = [{"epoch": 3.0, "loss": 1.0, "val_loss": 1.0, "val_auroc": ""}]
    assert diagnose(rows) == "Epoch 3: no validation AUROC in this stage."


@pytest.mark.parametrize("n_epochs", [1, 2])
@pytest.mark.parametrize("auroc", [0.06, 0.5, 0.9])
def test_one_or_two_epochs_are_too_early_to_tell(n_epochs, auroc):
    assert "too early to tell" in diagnose(history([auroc] * n_epochs))


def test_an_auroc_up_to_a_half_is_no_better_than_chance():
    assert "no better than chance so far" in diagnose(history([0.42, 0.5, 0.45]))
    assert "chance" not in diagnose(history([0.42, 0.51, 0.45]))


def test_an_auroc_far_below_a_half_asks_for_swapped_classes():
    assert "worse than chance: are the classes swapped?" in diagnose(history([0.06, 0.05, 0.02]))


def test_validation_loss_that_rises_while_training_loss_falls_is_overfitting():
    said = diagnose(history([0.8] + [0.7] * 5, FALLING, RISING, first=11))
    assert "overfitting since epoch 11" in said


@pytest.mark.parametrize(
    ("losses", "val_losses"),
    [(RISING, FALLING), (FALLING, FALLING), (RISING, RISING), (FALLING, LEVEL)],
)
def test_nothing_else_is_overfitting(losses, val_losses):
    assert find_overfitting(history([0.8] * 6, losses, val_losses)) is None


def test_a_single_lucky_epoch_before_a_level_line_is_no_overfitting():
    val_losses = [1.0, 1.0, 0.9, 1.0, 1.0, 1.0]
    assert find_overfitting(history([0.8] * 6, FALLING, val_losses)) is None


def test_two_worse_epochs_are_no_overfitting_and_three_are():
    losses, val_losses = FALLING[:4], [1.0, 1.2, 1.4, 1.6]
    assert find_overfitting(history([0.8] * 3, losses[:3], val_losses[:3])) is None
    assert find_overfitting(history([0.8] * 4, losses, val_losses)) == 1


def test_losses_that_stand_still_long_after_the_best_epoch_have_stopped_learning():
    assert "no better for 4 epochs" in diagnose(history([0.8] + [0.7] * 4))
    assert "it is learning" in diagnose(history([0.8] + [0.7] * 3))


def test_losses_that_still_fall_are_learning_even_before_the_auroc_gains():
    assert "it is learning" in diagnose(history([0.8] + [0.7] * 5, FALLING, FALLING))


def test_a_training_that_gains_is_learning():
    assert "it is learning" in diagnose(history([0.6, 0.7, 0.8]))


def test_the_verdict_does_not_depend_on_the_unit_of_the_loss():
    rows = history([0.8] + [0.7] * 5, FALLING, RISING)
    scaled = [{**row, "loss": row["loss"] * 50, "val_loss": row["val_loss"] * 50} for row in rows]
    assert diagnose(rows) == diagnose(scaled)


def test_the_number_of_positives_is_told_where_it_is_known():
    rows = history([0.6, 0.7, 0.8])
    assert "(7 positives)" in diagnose(rows, n_positives=7)
    assert "positive" not in diagnose(rows)
