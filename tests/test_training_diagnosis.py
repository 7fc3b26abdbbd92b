"""What is said of a training, on histories made so that the answer is known."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mammo_core.metrics.auroc import compute_auroc, estimate_auroc
from mammo_core.training.best_epoch import find_best_epoch, find_model_epoch, tell_other_stage
from mammo_core.training.course import hanley_mcneil_error, measure_gap
from mammo_core.training.diagnosis import ADVICE, RULES, diagnose, diagnose_facts
from mammo_core.training.overfitting import find_overfitting

FALLING = [1.0, 0.9, 0.8, 0.7, 0.6, 0.5]
RISING = [1.0, 1.1, 1.2, 1.3, 1.4, 1.5]
LEVEL = [1.0] * 6


def history(aurocs, losses=None, val_losses=None, first=1, trained=None):
    losses = losses or [1.0] * len(aurocs)
    val_losses = val_losses or [1.0] * len(aurocs)
    columns = zip(aurocs, losses, val_losses, trained or [""] * len(aurocs), strict=True)
    return [
        {
            "epoch": float(epoch),
            "loss": loss,
            "train_auroc": known,
            "val_loss": val_loss,
            "val_auroc": auroc,
        }
        for epoch, (auroc, loss, val_loss, known) in enumerate(columns, first)
    ]


def kind_of(*columns, **counts):
    names = {"trained", "first"} & set(counts)
    rows = history(*columns, **{name: counts.pop(name) for name in names})
    return diagnose_facts(rows, **counts).kind


def test_the_best_epoch_is_the_first_of_the_highest_auroc():
    assert find_best_epoch(history([0.6, 0.8, 0.7, 0.8])) == 2


def test_of_equal_aurocs_the_lowest_validation_loss_is_the_best():
    assert find_best_epoch(history([0.8, 0.8, 0.7, 0.8], val_losses=[0.9, 0.6, 0.1, 0.7])) == 2


def staged(**aurocs):
    stages = [(stage, auroc) for stage, all_ in aurocs.items() for auroc in all_]
    rows = history([auroc for _, auroc in stages])
    return [{**row, "stage": stage} for row, (stage, _) in zip(rows, stages, strict=True)]


def test_the_model_is_of_the_best_epoch_of_all_stages_but_patches():
    assert find_model_epoch(staged(head=[0.8, 0.7], upper=[0.7], images=[0.6])) == 1
    assert find_model_epoch(staged(patches=[0.9], images=[0.6, 0.7])) == 3
    assert find_model_epoch(staged(patches=[0.6, 0.9])) == 2


def test_a_model_of_another_stage_than_the_one_shown_is_told():
    rows = staged(head=[0.8, 0.7], images=[0.6])
    assert "epoch 1, in the stage head (AUROC 0.80)" in tell_other_stage(rows, "images")
    assert tell_other_stage(rows, "head") is None


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
    assert "(1 positive)" in diagnose(rows, n_positives=1)
    assert "positive" not in diagnose(rows)


MADE = {
    "too_early": history([0.9, 0.95]),
    "swapped": history([0.2, 0.1, 0.15]),
    "unstable": history([0.7] * 6, FALLING, [1.0, 2.0, 1.0, 2.0, 1.0, 2.0]),
    "overfitting": history([0.8] + [0.7] * 5, FALLING, RISING),
    "underfitting": history([0.48, 0.5, 0.47, 0.49]),
    "perfect": history([1.0, 1.0, 1.0]),
    "plateau": history([0.8] + [0.7] * 5),
    "learning": history([0.6, 0.7, 0.8], [1.0, 0.8, 0.6], [1.0, 0.9, 0.8]),
}


@pytest.mark.parametrize("kind", RULES)
def test_each_verdict_is_reached_and_advises_one_thing(kind):
    facts = diagnose_facts(MADE[kind])
    assert facts.kind == kind
    assert facts.advice == ADVICE[kind]
    assert facts.sentence == diagnose(MADE[kind])


def test_a_gap_that_widens_after_the_best_epoch_is_overfitting():
    trained, judged = [0.7, 0.8, 0.85, 0.9, 0.95, 0.99], [0.7, 0.8, 0.78, 0.76, 0.75, 0.74]
    facts = diagnose_facts(history(judged, FALLING, LEVEL, trained=trained))
    assert (facts.kind, facts.since) == ("overfitting", 2)
    assert facts.gap == pytest.approx(np.mean([0.14, 0.2, 0.25]))
    assert "Training AUROC lies 0.20 above validation" in facts.sentence


def test_the_same_gap_among_few_positives_is_scatter():
    trained, judged = [0.7, 0.8, 0.85, 0.9, 0.95, 0.99], [0.7, 0.8, 0.78, 0.76, 0.75, 0.74]
    rows = history(judged, FALLING, LEVEL, trained=trained)
    assert diagnose_facts(rows, n_positives=200, n_negatives=200).kind == "overfitting"
    assert diagnose_facts(rows, n_positives=8, n_negatives=40).kind != "overfitting"


def test_learning_the_training_images_by_heart_is_overfitting_not_underfitting():
    judged = [0.5, 0.48, 0.49, 0.47]
    assert kind_of(judged, FALLING[:4], LEVEL[:4], trained=[0.7, 0.9, 0.95, 0.99]) == "overfitting"
    assert kind_of(judged, FALLING[:4], LEVEL[:4], trained=[0.5, 0.5, 0.5, 0.5]) == "underfitting"


def test_a_flat_training_loss_with_two_low_aurocs_is_underfitting():
    losses = [1.1 - 0.001 * epoch for epoch in range(10)]
    low, high = [0.6] * 10, [0.9] * 10
    assert kind_of(low, losses, losses, trained=low) == "underfitting"
    assert kind_of(low, losses, losses, trained=high) != "underfitting"
    assert kind_of(high, losses, losses, trained=high) != "underfitting"


def test_an_auroc_within_its_own_scatter_of_a_half_is_chance():
    rows = history([0.55, 0.53, 0.54])
    assert diagnose_facts(rows, n_positives=6, n_negatives=60).kind == "underfitting"
    assert diagnose_facts(rows, n_positives=600, n_negatives=6000).kind != "underfitting"


def test_few_positives_do_not_make_classes_swapped():
    rows = history([0.33, 0.3, 0.31])
    assert diagnose_facts(rows).kind == "swapped"
    assert diagnose_facts(rows, n_positives=4, n_negatives=40).kind == "underfitting"


def test_a_validation_auroc_that_falls_deep_twice_is_unstable():
    assert kind_of([0.9, 0.6, 0.9, 0.6, 0.9], FALLING[:5], FALLING[:5]) == "unstable"
    assert kind_of([0.9, 0.6, 0.9, 0.9, 0.9], FALLING[:5], FALLING[:5]) != "unstable"


def test_jumps_long_ago_are_forgiven():
    early = [1.0, 2.0, 1.0, 2.0, 1.0]
    rows = history([0.7] * 14 + [0.8], [1.0 - 0.05 * n for n in range(15)], early + [0.9] * 10)
    assert diagnose_facts(rows).kind != "unstable"


@settings(max_examples=60, deadline=None)
@given(st.integers(4, 40), st.floats(0.71, 0.99), st.floats(0.05, 0.9), st.integers(5, 500))
def test_a_curve_that_only_gets_better_is_never_called_bad(n, auroc, remains, n_positives):
    aurocs = np.linspace(0.5, auroc, n).tolist()
    falling = np.geomspace(1.0, remains, n).tolist()
    trained = np.linspace(0.55, min(1.0, auroc + 0.3), n).tolist()
    rows = history(aurocs, falling, falling, trained=trained)
    facts = diagnose_facts(rows, n_positives=n_positives, n_negatives=n_positives)
    is_chance = auroc <= 0.5 + hanley_mcneil_error(0.5, n_positives, n_positives)
    assert facts.kind == "learning" or is_chance


def test_a_perfect_ranking_scatters_by_the_width_of_its_interval():
    is_positive = np.arange(30) < 10
    interval = estimate_auroc(is_positive.astype(float), is_positive, np.arange(30))
    width = interval.high - interval.low
    assert 1.96 * hanley_mcneil_error(1.0, 10, 20) == pytest.approx(width)
    assert 1.96 * hanley_mcneil_error(0.0, 10, 20) == pytest.approx(width)


def test_a_perfect_ranking_is_not_asked_to_train_longer_and_few_positives_are_told():
    facts = diagnose_facts(history([1.0, 1.0, 1.0]), n_positives=5, n_negatives=9)
    assert "longer" not in facts.advice
    assert "validation set, which is small" in facts.sentence


def test_the_gap_is_of_the_last_three_epochs_that_have_both():
    rows = history([0.5] * 5, trained=[0.9, "", 0.6, 0.7, 0.8])
    assert measure_gap(rows) == pytest.approx(0.2)
    assert measure_gap(history([0.5] * 3)) is None


def test_the_error_at_chance_is_that_of_the_rank_sum():
    m, n = 12, 30
    assert hanley_mcneil_error(0.5, m, n) ** 2 == pytest.approx(
        (m + n + 1) / (12 * m * n), rel=0.02
    )


def test_the_error_is_how_far_an_auroc_scatters():
    rng = np.random.default_rng(0)
    is_positive = np.arange(60) < 20
    drawn = [compute_auroc(rng.exponential(1 + 2 * is_positive), is_positive) for _ in range(2000)]
    assert hanley_mcneil_error(np.mean(drawn), 20, 40) == pytest.approx(np.std(drawn), rel=0.1)
