"""Means over patients, what beats a control, and the words that follow from it."""

from dataclasses import replace

import numpy as np
import pytest
from made_records import CLASSES, make_figures, make_record, make_records
from scipy.stats import binomtest, norm, t, ttest_1samp

from mammo_core.audit.agreeing import MeanAgreement, measure_disagreement
from mammo_core.audit.figures import Figures
from mammo_core.audit.leaderboard import BARS, compare_with, rank_methods
from mammo_core.audit.model_verdict import judge_shortcuts
from mammo_core.audit.patient_means import estimate_means
from mammo_core.audit.rules import FEWEST_COMPARED, FEWEST_PATIENTS, beats_all
from mammo_core.audit.shortcuts import measure_blanking, measure_zones
from mammo_core.audit.strata import stratify
from mammo_core.audit.verdicts import judge_method, share_beaten

METRICS = ("deletion", "insertion", "iou", "energy_pointing")
GOOD = {"deletion": 0.2, "insertion": 0.9, "iou": 0.8, "energy_pointing": 0.8}
POOR = {"deletion": 0.7, "insertion": 0.4, "iou": 0.2, "energy_pointing": 0.2}


def test_the_interval_of_one_image_a_patient_is_students():
    values = np.random.default_rng(0).gamma(2.0, size=9)
    ours = estimate_means(values[None], np.arange(9))[0].estimate
    theirs = ttest_1samp(values, 0).confidence_interval()
    assert ours.value == pytest.approx(values.mean())
    assert (ours.low, ours.high) == pytest.approx((theirs.low, theirs.high))


def test_a_patients_images_count_as_one():
    values = np.random.default_rng(0).normal(size=20)
    single = estimate_means(values[None], np.arange(20))[0]
    doubled = estimate_means(np.repeat(values, 2)[None], np.repeat(np.arange(20), 2))[0]
    assert doubled.estimate.low == pytest.approx(single.estimate.low)
    assert doubled.estimate.high == pytest.approx(single.estimate.high)
    assert (doubled.n, doubled.patients) == (40, 20)


def test_patients_with_more_images_weigh_more_and_err_as_a_ratio_does():
    mean = estimate_means(np.array([[1.0, 2.0, 6.0]]), np.array([0, 0, 1]))[0].estimate
    error = np.sqrt(2 * ((3 - 2 * 3) ** 2 + (6 - 3) ** 2)) / 3
    assert mean.value == pytest.approx(3)
    assert mean.high - mean.low == pytest.approx(2 * t.ppf(0.975, 1) * error)


@pytest.mark.parametrize("n_patients", [5, 8, 24])
def test_who_is_no_better_than_a_control_seldom_beats_it(n_patients):
    n_studies = 2000
    rng, patients = np.random.default_rng(n_patients), np.repeat(np.arange(n_patients), 2)
    of_patient = rng.normal(size=(n_studies, n_patients))[:, patients]
    means = estimate_means(of_patient + rng.normal(size=of_patient.shape), patients)
    share = np.mean([beats_all([mean.estimate.low]) for mean in means])
    assert share == pytest.approx(0.025, abs=3 * np.sqrt(0.025 * 0.975 / n_studies))


def test_no_difference_from_a_control_is_larger_than_the_measure_is_wide():
    hits = [1.0] * 11 + [0.0]
    of_image = [
        {"grad_cam": {"pointing_game": hit}, "center": {"pointing_game": 0.0}} for hit in hits
    ]
    records = [make_record(number, values=values) for number, values in enumerate(of_image)]
    figures = Figures.of(records, ("grad_cam", "center"), ("pointing_game",))
    ends = compare_with(figures, "center")["grad_cam"]["pointing_game"].estimate
    free = ttest_1samp(hits, 0).confidence_interval()
    assert free.high > 1
    assert (ends.low, ends.high) == pytest.approx((free.low, 1))


def test_an_interval_keeps_to_what_can_be():
    mean = estimate_means(np.array([[0.1, 0.9, 1.0]]), np.arange(3), ranges=(0, 1))[0].estimate
    assert (mean.low, mean.high) == (0, 1)


def test_a_proportion_has_the_interval_of_wilson():
    answers = np.array([[1.0] * 13 + [0.0] * 7])
    ours = estimate_means(answers, np.arange(20), are_answers=True)[0].estimate
    # Students quantile in place of the normal one: the confidence at which that is the normal one.
    level = 2 * norm.cdf(t.ppf(0.975, 19)) - 1
    exact = binomtest(13, 20).proportion_ci(level, method="wilson")
    assert (ours.low, ours.high) == pytest.approx((exact.low, exact.high), abs=0.006)


def test_what_is_undefined_on_an_image_leaves_it_out():
    mean = estimate_means(np.array([[1.0, np.nan, 3.0]]), np.arange(3))[0]
    assert (mean.estimate.value, mean.n, mean.patients) == (2.0, 2, 2)


@pytest.mark.parametrize("are_answers", [False, True])
@pytest.mark.parametrize("values", [[0.61889], [0.61889, 0.3, 0.7]])
def test_one_patient_has_no_interval(values, are_answers):
    mean = estimate_means(
        np.array([values]), np.zeros(len(values), np.intp), are_answers=are_answers
    )[0].estimate
    assert mean.value == pytest.approx(np.mean(values))
    assert (mean.low, mean.high) == (None, None)


@pytest.mark.parametrize("value", [0.0, 1.0])
def test_ends_are_binomial_for_answers_alone(value):
    cells = {"pointing_game": value, "energy_pointing": value, "infidelity": value}
    again = {"center": {"model_randomization": value}}
    records = [make_record(k, values={"center": cells}, again=again) for k in range(6)]
    metrics = (*cells, "model_randomization")
    row = rank_methods(Figures.of(records, ("center",), metrics))["center"]
    exact = binomtest(round(6 * value), 6).proportion_ci()
    hits = row["pointing_game"].estimate
    assert (hits.low, hits.high) == pytest.approx((exact.low, exact.high))
    for name in metrics[1:]:
        assert (row[name].estimate.low, row[name].estimate.high) == (None, None)


@pytest.mark.parametrize("n", [FEWEST_COMPARED - 1, FEWEST_COMPARED])
def test_a_comparison_has_an_interval_from_so_many_patients_on(n):
    figures = make_figures({"grad_cam": GOOD, "edges": POOR, "center": POOR}, METRICS, n=n)
    against = {bar: compare_with(figures, bar) for bar in BARS}
    is_counted = n >= FEWEST_COMPARED
    lows = [board["grad_cam"]["insertion"].estimate.low for board in against.values()]
    assert beats_all(lows) == is_counted
    assert share_beaten("grad_cam", "faithfulness", against) == (1 if is_counted else None)


def test_places_of_maps_count_on_images_that_are_called_rightly_alone():
    row = {"cam": {"deletion": 0.5, "iou": 1.0}}
    wrong = make_record(1, values={"cam": {"deletion": 0.1, "iou": 0.0}}, p=0.2)
    board = rank_methods(
        Figures.of([make_record(0, values=row), wrong], ("cam",), ("deletion", "iou"))
    )
    assert board["cam"]["iou"].estimate.value == 1.0
    assert board["cam"]["deletion"].estimate.value == pytest.approx(0.3)


def judge(columns, name, **options):
    figures = make_figures(columns, METRICS)
    against = {bar: compare_with(figures, bar) for bar in BARS}
    return judge_method(name, rank_methods(figures)[name], against, **options)


def test_a_method_that_beats_both_controls_everywhere_is_believed():
    verdict = judge({"grad_cam": GOOD, "edges": POOR, "center": POOR}, "grad_cam")
    assert verdict.level == "believe"
    assert verdict.beats == {"faithfulness": 1.0, "localization": 1.0}


@pytest.mark.parametrize("lost", ["insertion", "energy_pointing"])
def test_who_loses_as_many_measures_of_a_family_as_it_wins_is_not_believed(lost):
    mixed = GOOD | {lost: 0.0}
    verdict = judge({"grad_cam": mixed, "edges": POOR, "center": POOR}, "grad_cam")
    assert 0.5 in verdict.beats.values()
    assert verdict.level == "caution"
    assert any("loses to one of them on 50%" in reason for reason in verdict.reasons)


def test_half_of_a_family_is_enough_where_the_rest_is_even():
    even = GOOD | {"insertion": POOR["insertion"]}
    verdict = judge({"grad_cam": even, "edges": POOR, "center": POOR}, "grad_cam")
    assert verdict.beats == {"faithfulness": 0.5, "localization": 1.0}
    assert verdict.level == "believe"


@pytest.mark.parametrize(
    ("lost", "words"),
    [
        ((), "Believe it for this model: faithful, on the lesion"),
        (("insertion", "deletion"), "On the lesion, but by no measure more faithful than both"),
        (("insertion",), "On the lesion, but more faithful than the controls on too few measures"),
        (("energy_pointing",), "Faithful, but nearer to the lesion than the controls on too few"),
        (("iou", "energy_pointing"), "Faithful, but by no measure nearer to the lesion than both"),
    ],
)
def test_words_say_by_how_many_measures_the_controls_are_beaten(lost, words):
    mixed = GOOD | {name: float(name == "deletion") for name in lost}
    assert judge({"grad_cam": mixed, "edges": POOR, "center": POOR}, "grad_cam").words.startswith(
        words
    )


def test_a_method_equal_to_a_control_is_marked():
    records = make_records({"edges": GOOD, "center": POOR})
    for record in records:
        record["methods"]["grad_cam"] = record["methods"]["edges"]
    figures = Figures.of(records, ("grad_cam", "edges", "center"), METRICS)
    against = {bar: compare_with(figures, bar) for bar in BARS}
    verdict = judge_method("grad_cam", rank_methods(figures)["grad_cam"], against)
    assert share_beaten("grad_cam", "faithfulness", against) == 0
    assert verdict.level == "doubt"
    assert verdict.words == "No better than an edge detector or a spot in the middle"


@pytest.mark.parametrize(
    ("wins", "losses", "ties"), [(5, 0, 0), (6, 0, 0), (13, 7, 0), (8, 0, 6), (3, 0, 11)]
)
def test_hits_are_held_against_a_controls_misses_as_the_sign_test_does(wins, losses, ties):
    hits, misses = {"pointing_game": 1.0}, {"pointing_game": 0.0}
    pairs = [(hits, misses)] * wins + [(misses, hits)] * losses + [(misses, misses)] * ties
    records = [
        make_record(k, values={"grad_cam": own, "center": bar})
        for k, (own, bar) in enumerate(pairs)
    ]
    figures = Figures.of(records, ("grad_cam", "center"), ("pointing_game",))
    found = compare_with(figures, "center")["grad_cam"]["pointing_game"].estimate
    assert found.value == pytest.approx((wins - losses) / len(pairs))
    assert beats_all([found.low]) == (binomtest(wins, wins + losses).pvalue < 0.05)


@pytest.mark.parametrize(("shift", "level"), [(0.01, "caution"), (-0.01, "doubt")])
def test_who_is_ahead_by_what_chance_may_do_is_not_called_no_better(shift, level):
    near = {name: POOR[name] + (shift if name != "deletion" else -shift) for name in METRICS}
    records = make_records({"edges": POOR, "center": POOR}, n=6)
    noise = np.random.default_rng(2).normal(size=6)
    for record, off in zip(records, 0.2 * (noise - noise.mean()), strict=True):
        cells = record["methods"]["edges"]["metrics"]
        bars = {name: cells[name] for name in METRICS}
        record["methods"]["center"]["metrics"] = bars
        moved = {name: bars[name] + near[name] - POOR[name] + off for name in METRICS}
        record["methods"]["grad_cam"] = record["methods"]["edges"] | {"metrics": moved}
    figures = Figures.of(records, ("grad_cam", "edges", "center"), METRICS)
    against = {bar: compare_with(figures, bar) for bar in BARS}
    assert share_beaten("grad_cam", "faithfulness", against) == 0
    row = dict(rank_methods(figures)["grad_cam"])
    row["insertion"] = replace(row["insertion"], patients=FEWEST_PATIENTS)
    assert judge_method("grad_cam", row, against).level == level


def test_lower_is_better_where_the_measure_says_so():
    figures = make_figures({"grad_cam": GOOD, "edges": POOR}, METRICS)
    better = compare_with(figures, "edges")["grad_cam"]
    assert better["deletion"].estimate.value == pytest.approx(0.5, abs=0.05)
    assert better["insertion"].estimate.value == pytest.approx(0.5, abs=0.05)


def test_a_method_that_is_blind_to_the_class_is_doubted_whatever_it_beats():
    verdict = judge({"eigen_cam": GOOD, "edges": POOR, "center": POOR}, "eigen_cam")
    assert verdict.level == "doubt"
    assert verdict.words.startswith("Blind to the class")


def judge_again(n_again):
    """The verdict on a method whose maps of so many images survive random weights."""
    records = make_records({"grad_cam": GOOD, "edges": POOR, "center": POOR})
    for record in records[:n_again]:
        record["again"]["methods"] = {"grad_cam": {"model_randomization": 0.1}}
    figures = Figures.of(
        records, ("grad_cam", "edges", "center"), (*METRICS, "model_randomization")
    )
    against = {bar: compare_with(figures, bar) for bar in BARS}
    return judge_method("grad_cam", rank_methods(figures)["grad_cam"], against)


def test_maps_that_survive_random_weights_are_doubted():
    assert judge_again(FEWEST_COMPARED).words.startswith("Blind to the weights")


def test_what_few_images_speak_against_a_method_takes_belief_and_proves_nothing():
    verdict = judge_again(2)
    assert (verdict.level, verdict.words) == ("caution", "Faithful, on the lesion (with a fault)")
    assert verdict.reasons[-1].endswith("drawn anew (0.10, 2 images)")


def test_of_a_model_that_looks_elsewhere_a_true_map_need_not_lie_on_the_lesion():
    elsewhere = {**GOOD, "iou": 0.1, "energy_pointing": 0.1}
    columns = {"grad_cam": elsewhere, "edges": POOR, "center": POOR}
    assert judge(columns, "grad_cam").level == "caution"
    assert judge(columns, "grad_cam", is_on_breast=False).level == "believe"


def test_a_method_whose_maps_are_mostly_empty_says_nothing():
    verdict = judge({"grad_cam": GOOD, "edges": POOR, "center": POOR}, "grad_cam", silent=0.6)
    assert (verdict.level, verdict.words) == ("doubt", "Says nothing: 60% of its maps are empty")


def test_few_patients_settle_nothing():
    figures = make_figures({"grad_cam": GOOD, "edges": POOR, "center": POOR}, METRICS, n=4)
    against = {bar: compare_with(figures, bar) for bar in BARS}
    verdict = judge_method("grad_cam", rank_methods(figures)["grad_cam"], against)
    assert (verdict.level, verdict.words) == ("caution", "Too few patients to tell")


def test_each_lesion_that_is_called_rightly_is_in_one_stratum_of_size_and_of_kind():
    figures = make_figures({"grad_cam": GOOD}, METRICS, n=10)
    strata = stratify(figures)
    assert [sum(one["n"] for one in strata[name]) for name in ("size", "kind")] == [10, 10]


def make_agreeing(number, correlation):
    names = ["grad_cam", "random", "saliency"]
    rows = [[1, 0, correlation], [0, 1, 0], [correlation, 0, 1]]
    return make_record(number, agreement={"methods": names, "correlations": rows})


@pytest.mark.parametrize(("correlation", "apart"), [(1.0, 0.0), (0.25, 0.75), (None, None)])
def test_images_disagree_by_what_their_methods_have_not_in_common(correlation, apart):
    assert measure_disagreement(make_agreeing(0, correlation)) == apart


def test_agreement_is_averaged_over_the_images_where_both_maps_say_anything():
    records = [make_agreeing(0, 0.2), make_agreeing(1, 0.6), make_agreeing(2, None)]
    mean = MeanAgreement(("grad_cam", "lime", "saliency"))
    for record in records:
        mean.add(record)
    assert mean.tell(("saliency", "grad_cam", "lime"))["correlations"] == [
        [1, 0.4, None],
        [0.4, 1, None],
        [None, None, None],
    ]


def judge_model(records):
    figures = Figures.of(records, (), ())
    zones = measure_zones(figures)
    blanking = measure_blanking(records, CLASSES)
    n = len(records)
    return judge_shortcuts(zones, blanking, n_explained=n, n_blanked=n)


def make_cohort(blanked_positive):
    """16 patients of each class, ranked rightly, positives scored otherwise once blanked."""
    rng = np.random.default_rng(0)
    return [
        make_record(
            k,
            p=rng.uniform(0.6, 0.9) if k < 16 else rng.uniform(0.1, 0.65),
            label=CLASSES[k < 16],
            blanked={name: rng.uniform(*span) for name, span in blanked_positive.items()},
        )
        for k in range(32)
    ]


def test_a_model_that_ranks_by_chance_without_markers_looks_at_the_tag():
    verdict = judge_model(make_cohort({"markers": (0.1, 0.9), "outside": (0.1, 0.9)}))
    assert verdict["level"] == "doubt"
    assert verdict["words"].startswith("Looks at the tag: AUROC falls from")
    assert verdict["words"].endswith("do not trust")


def test_a_model_that_loses_its_rank_with_the_breast_alone_is_not_doubted():
    verdict = judge_model(make_cohort({"breast": (0.1, 0.9)}))
    assert verdict["level"] != "doubt"


def test_what_tells_classes_apart_without_the_breast_is_told():
    verdict = judge_model(make_cohort({}))
    assert verdict["words"].startswith("Tells classes apart without the breast")


def judge_explained(n_explained, blanking=None, n_blanked=40):
    figures = make_figures({"grad_cam": GOOD}, METRICS, n=n_explained)
    zones = measure_zones(figures)
    for zone in zones.values():
        zone["area"]["value"] = 0.5
    return judge_shortcuts(zones, blanking or {}, n_explained=n_explained, n_blanked=n_blanked)


@pytest.mark.parametrize("n_malignant", [0, 1])
def test_a_model_that_no_blanking_can_test_is_not_believed(n_malignant):
    records = [make_record(k, label=CLASSES[k < n_malignant]) for k in range(20)]
    verdict = judge_explained(20, measure_blanking(records, CLASSES))
    assert verdict["level"] == "caution"
    assert verdict["words"].startswith("Looks at the breast: 50% of attribution; too few images")


def test_without_blanking_the_place_of_the_evidence_is_told():
    verdict = judge_explained(FEWEST_PATIENTS)
    assert verdict["level"] == "believe"
    assert verdict["words"] == "Looks at the breast: 50% of attribution"


def test_a_model_explained_on_few_patients_is_not_believed_whatever_was_blanked():
    verdict = judge_explained(3)
    assert verdict["level"] == "caution"
    assert verdict["words"] == "Looks at the breast: 50% of attribution; only 3 patients"


@pytest.mark.parametrize(("n_blanked", "told"), [(3, "; only 3 patients"), (32, "do not trust")])
def test_a_warning_stands_and_tells_how_few_patients_it_is_of(n_blanked, told):
    blanking = measure_blanking(make_cohort({"markers": (0.1, 0.9)}), CLASSES)
    verdict = judge_explained(3, blanking, n_blanked)
    assert verdict["level"] == "doubt"
    assert verdict["words"].endswith(told)


def lack(record, zone):
    """The record of an image that has no such zone; the air has its area."""
    areas = record["areas"]
    return {**record, "areas": {**areas, zone: 0.0, "air": areas["air"] + areas[zone]}}


def test_of_a_part_that_no_image_has_blanking_says_nothing_and_why():
    records = [lack(record, "markers") for record in make_cohort({"outside": (0.1, 0.9)})]
    found = measure_blanking(records, CLASSES)["markers"]
    assert found["auroc"] == found["difference"] == {"value": None, "low": None, "high": None}
    assert (found["p"], found["n_images"], found["n_changed"]) == (None, 0, 0)
    assert "no image has it" in found["reason"]


def test_an_answer_that_blanking_leaves_as_it_is_changes_by_nothing_and_is_not_tested():
    found = measure_blanking(make_cohort({"outside": (0.1, 0.9)}), CLASSES)
    assert found["markers"]["difference"] == {"value": 0.0, "low": None, "high": None}
    assert (found["markers"]["n_images"], found["markers"]["n_changed"]) == (32, 0)
    assert "the same without it" in found["markers"]["reason"]
    assert (found["outside"]["n_changed"], found["outside"]["reason"]) == (32, "")


def test_answers_that_are_no_numbers_leave_blanking_undefined():
    records = [make_record(k, probabilities=[None, None]) for k in range(3)]
    assert measure_blanking(records, CLASSES) == {}


def test_blanking_tells_nothing_of_a_model_that_ranks_no_better_than_chance():
    rng = np.random.default_rng(1)
    records = [make_record(k, p=rng.uniform(), label=CLASSES[k % 2]) for k in range(30)]
    assert "no better than chance" in judge_model(records)["words"]


def test_few_images_are_not_said_to_be_ranked_by_chance_where_they_are_ranked_well():
    records = [make_record(k, p=0.9 - 0.2 * k, label=CLASSES[k < 2]) for k in range(4)]
    words = judge_model(records)["words"]
    assert words.startswith("Too few images to tell whether it ranks them better than chance")
    assert "AUROC 1.00" in words
