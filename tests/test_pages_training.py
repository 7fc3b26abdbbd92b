"""What the Train page says of a history."""

import pytest

from mammo_core.errors import BadConfiguration
from mammo_ui.training import checked_name, find_best_epoch, judge_history, read_history


def history(aurocs, losses=None, val_losses=None):
    losses = losses or [1.0] * len(aurocs)
    val_losses = val_losses or [1.0] * len(aurocs)
    columns = zip(aurocs, losses, val_losses, strict=True)
    return [
        {"epoch": float(epoch), "loss": loss, "val_loss": val_loss, "val_auroc": auroc}
        for epoch, (auroc, loss, val_loss) in enumerate(columns, 1)
    ]


def test_the_best_epoch_is_the_first_of_the_highest_auroc():
    assert find_best_epoch(history([0.6, 0.8, 0.7, 0.8])) == 2


def test_an_epoch_without_auroc_is_not_the_best():
    assert find_best_epoch([{"epoch": 1.0, "val_auroc": ""}]) is None


def test_a_training_that_gains_is_learning():
    assert "it is learning" in judge_history(history([0.6, 0.7, 0.8]))


def test_training_loss_that_falls_while_validation_loss_rises_is_overfitting():
    aurocs, falling, rising = (
        [0.8] + [0.7] * 5,
        [1, 0.9, 0.8, 0.7, 0.6, 0.5],
        [1, 1, 1.1, 1.2, 2, 3],
    )
    assert "overfitting" in judge_history(history(aurocs, falling, rising))
    assert "overfitting" not in judge_history(history(aurocs))


def test_chance_is_called_chance():
    assert "chance" in judge_history(history([0.5, 0.52]))


def test_an_unfinished_training_folder_has_no_history_yet(tmp_path):
    assert read_history(tmp_path) == []


def test_empty_cells_stay_empty(tmp_path):
    (tmp_path / "history.csv").write_text("epoch,val_auroc\n1,\n2,0.5\n")
    assert [row["val_auroc"] for row in read_history(tmp_path)] == ["", 0.5]


@pytest.mark.parametrize("name", ["", "../up", "a/b", "-x", ".hidden", "a b", "ä", "x" * 3 + "\0"])
def test_a_name_that_is_no_plain_folder_name_is_refused(name):
    with pytest.raises(BadConfiguration, match="Expected a name"):
        checked_name(name)


def test_a_plain_name_is_taken_without_its_blanks():
    assert checked_name(" mias-1.b_2 ") == "mias-1.b_2"
