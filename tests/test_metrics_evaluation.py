"""The answer of an evaluation: its keys, its laws, and null where nothing can be said."""

import json

import numpy as np
import pandas as pd
import pytest
from prediction_rows import CLASSES, make_predictions
from sklearn import metrics as sk

from mammo_core.errors import BadConfiguration, BadTable
from mammo_core.metrics.evaluation import evaluate
from mammo_core.metrics.threshold_sweep import ThresholdSweep
from mammo_core.predictions import read_predictions

UNDEFINED = {"value": None, "low": None, "high": None}
KEYS = {
    *("n", "patients", "split", "level", "aggregation", "positive", "classes", "confusion"),
    *("accuracy", "balanced_accuracy", "macro_f1", "weighted_f1", "mcc", "macro_auroc"),
    *("cohen_kappa", "linear_kappa", "quadratic_kappa", "per_class"),
    *("operating_points", "calibration", "subgroups", "bootstrap", "warnings"),
    *("reliability", "decision_curve"),
}
POINTS = [
    *("youden", "specificity_0.90", "specificity_0.95", "sensitivity_0.90", "sensitivity_0.95"),
    *("recall_rate_0.10", "cost_ratio_10", "default"),
]


@pytest.fixture
def read(tmp_path):
    def read_frame(frame):
        frame.to_csv(tmp_path / "table.csv", index=False)
        return read_predictions(tmp_path / "table.csv")

    return read_frame


@pytest.fixture
def frame():
    return make_predictions(60)


def estimates(part):
    if isinstance(part, dict) and set(part) == {"value", "low", "high"}:
        yield part
    elif isinstance(part, dict):
        for value in part.values():
            yield from estimates(value)
    elif isinstance(part, list):
        for value in part:
            yield from estimates(value)


def test_every_key_is_there_and_every_interval_holds_its_value(read, frame):
    answer = evaluate(read(frame), bootstrap=100)
    assert set(answer) >= KEYS
    assert [point["name"] for point in answer["operating_points"]] == POINTS
    assert {"ece", "brier", "slope", "intercept"} <= set(answer["calibration"])
    found = list(estimates(answer))
    assert len(found) > 60
    for estimate in found:
        if estimate["low"] is not None:
            assert estimate["low"] <= estimate["value"] <= estimate["high"]
    assert json.dumps(answer, allow_nan=False)


def test_values_equal_scikit_learns(read, frame):
    answer = evaluate(read(frame), bootstrap=0)
    p = frame[[f"p_{c}" for c in CLASSES]].to_numpy()
    truth = frame["label"].map(CLASSES.index).to_numpy()
    assert answer["confusion"] == sk.confusion_matrix(truth, p.argmax(axis=1)).tolist()
    for k, name in enumerate(CLASSES):
        got = answer["per_class"][name]
        assert got["support"] == (truth == k).sum()
        assert got["auroc"]["value"] == pytest.approx(sk.roc_auc_score(truth == k, p[:, k]))
        assert got["average_precision"]["value"] == pytest.approx(
            sk.average_precision_score(truth == k, p[:, k])
        )


def test_row_order_and_file_format_change_nothing(read, frame, tmp_path):
    frame.sample(frac=1, random_state=3).to_parquet(tmp_path / "shuffled.parquet")
    shuffled = read_predictions(tmp_path / "shuffled.parquet")
    assert evaluate(read(frame), bootstrap=50) == evaluate(shuffled, bootstrap=50)


def test_one_seed_gives_one_answer_and_another_another(read, frame):
    table = read(frame)
    one, again, other = (evaluate(table, bootstrap=50, seed=s) for s in (1, 1, 2))
    assert one == again
    assert one["accuracy"] != other["accuracy"]


def test_every_patient_twice_keeps_all_values(read, frame):
    twin = frame.assign(**{c: "twin" + frame[c] for c in ("image_id", "patient_id", "exam_id")})
    once = [e["value"] for e in estimates(evaluate(read(frame), bootstrap=0))]
    both = read(pd.concat([frame, twin]))
    twice = [e["value"] for e in estimates(evaluate(both, bootstrap=0))]
    assert len(once) == len(twice)
    for a, b in zip(once, twice, strict=True):
        assert a is None or b == pytest.approx(a, abs=1e-9)


def test_rare_groups_leave_auroc_undefined(read, frame):
    frame["density"] = ["rare"] * 4 + ["common"] * (len(frame) - 4)
    groups = {g["value"]: g for g in evaluate(read(frame), bootstrap=0)["subgroups"]}
    assert groups["rare"]["auroc"] == UNDEFINED
    assert groups["common"]["auroc"]["value"] is not None
    assert (groups["rare"]["n"], groups["rare"]["patients"]) == (4, 1)


def test_missing_metadata_is_a_group_of_its_own(read, frame):
    groups = evaluate(read(frame), bootstrap=0)["subgroups"]
    missing = {g["by"]: g["n"] for g in groups if g["value"] is None}
    assert missing == {"density": 48, "age": 36, "birads": 80}
    for by in ("density", "age", "birads", "laterality", "view"):
        assert sum(g["n"] for g in groups if g["by"] == by) == len(frame)
    assert {g["value"] for g in groups if g["by"] == "age"} == {"40-49", "50-59", "60-69", None}


def test_a_column_that_disagrees_within_every_unit_is_no_grouping(read, frame):
    groups = evaluate(read(frame), level="patient", bootstrap=0)["subgroups"]
    assert {g["by"] for g in groups} == {"density", "age", "birads"}


def test_only_the_split_counts(read, frame):
    frame.loc[:99, "split"] = "train"
    table = read(frame)
    assert evaluate(table, bootstrap=0)["n"] == 140
    assert evaluate(table, bootstrap=0, split="train")["n"] == 100
    assert evaluate(table, bootstrap=0, split="all")["n"] == 240


def test_a_split_without_rows_is_refused_with_those_there_are(read, frame):
    with pytest.raises(BadTable, match=r"row in the split 'dev'.* test"):
        evaluate(read(frame), split="dev")


def test_a_table_without_splits_is_used_whole_and_says_so(read, frame):
    answer = evaluate(read(frame.drop(columns="split")), bootstrap=0)
    assert answer["n"] == 240
    assert "all its rows were used" in answer["warnings"][0]


def test_images_without_a_label_are_left_out_and_told_of(read, frame):
    frame.loc[:4, "label"] = None
    answer = evaluate(read(frame), bootstrap=0)
    assert answer["n"] == 235
    assert any("5 images without a label" in warning for warning in answer["warnings"])


def test_without_a_positive_case_its_numbers_are_null(read, frame):
    answer = evaluate(read(frame[frame["label"] != "malignant"]), bootstrap=30)
    malignant = answer["per_class"]["malignant"]
    assert malignant["auroc"] == malignant["recall"] == malignant["f1"] == UNDEFINED
    assert malignant["average_precision"] == UNDEFINED
    points = {point["name"]: point for point in answer["operating_points"]}
    assert points["youden"]["threshold"] is None
    assert points["default"]["sensitivity"] == UNDEFINED
    assert points["default"]["specificity"]["value"] is not None
    assert answer["calibration"]["slope"] == UNDEFINED
    assert any("'malignant'" in warning for warning in answer["warnings"])


def test_one_class_alone_is_judged_as_far_as_it_goes(read, frame):
    answer = evaluate(read(frame[frame["label"] == "normal"]), bootstrap=30)
    assert answer["per_class"]["normal"]["auroc"] == UNDEFINED
    assert answer["accuracy"]["value"] == answer["per_class"]["normal"]["recall"]["value"]
    assert json.dumps(answer, allow_nan=False)


def test_one_patient_has_values_and_a_warning(read, frame):
    answer = evaluate(read(frame.assign(patient_id="p")), bootstrap=30)
    assert answer["patients"] == 1
    assert answer["per_class"]["malignant"]["auroc"]["low"] is None
    assert any("one patient" in warning for warning in answer["warnings"])


@pytest.mark.parametrize(("n_patients", "is_warned"), [(30, True), (120, False)])
def test_few_positive_patients_bring_a_warning(read, n_patients, is_warned):
    answer = evaluate(read(make_predictions(n_patients)), bootstrap=0)
    assert any("fewer than 15" in warning for warning in answer["warnings"]) is is_warned


def test_constant_probabilities_bring_a_warning_and_no_slope(read, frame):
    flat = frame.assign(p_normal=0.5, p_benign=0.25, p_malignant=0.25)
    answer = evaluate(read(flat), bootstrap=30)
    assert answer["per_class"]["malignant"]["auroc"]["value"] == 0.5
    assert answer["calibration"]["slope"] == UNDEFINED
    assert any("same in every row" in warning for warning in answer["warnings"])


def test_perfect_separation_is_told_of_and_keeps_an_interval(read):
    answer = evaluate(read(make_predictions(60, separation=30.0)), bootstrap=30)
    auroc = answer["per_class"]["malignant"]["auroc"]
    assert (auroc["value"], auroc["high"]) == (1, 1)
    assert auroc["low"] < 0.95
    assert answer["calibration"]["slope"] == UNDEFINED
    assert any("without a fault" in warning for warning in answer["warnings"])


def test_replicates_that_lack_what_a_statistic_needs_are_counted(read, frame):
    is_sick = frame["patient_id"].isin(["p001", "p002"])
    frame["label"] = np.where(is_sick, "malignant", "normal")
    answer = evaluate(read(frame), bootstrap=400)
    # Both malignant patients are absent from (58 / 60) ** 60 of the draws.
    assert answer["bootstrap"]["undefined"] >= 400 * 0.131 - 4 * 7
    assert answer["per_class"]["malignant"]["average_precision"]["low"] is not None


def test_no_ranking_of_one_patient_against_the_others_has_an_interval(read, frame):
    frame["label"] = np.where(frame["patient_id"] == "p001", "malignant", "normal")
    found = evaluate(read(frame), bootstrap=50)["per_class"]["malignant"]
    for name in ("auroc", "partial_auroc", "average_precision"):
        assert found[name]["value"] is not None
        assert found[name]["low"] is found[name]["high"] is None


def test_a_perfect_ranking_leaves_open_what_its_patients_do(read):
    frame = make_predictions(60, separation=30.0)
    found = evaluate(read(frame), bootstrap=30)["per_class"]["malignant"]
    n = frame[frame["label"] == "malignant"]["patient_id"].nunique()
    for name in ("auroc", "partial_auroc", "average_precision"):
        assert (found[name]["value"], found[name]["high"]) == pytest.approx((1, 1))
        assert found[name]["low"] == pytest.approx(0.025 ** (1 / n))


def test_the_default_point_is_the_threshold_asked_for(read, frame):
    answer = evaluate(read(frame), bootstrap=0, threshold=0.2, positive="benign")
    point = answer["operating_points"][-1]
    called = frame["p_benign"] >= 0.2
    assert (point["name"], point["threshold"]) == ("default", 0.2)
    assert point["sensitivity"]["value"] == pytest.approx(called[frame["label"] == "benign"].mean())


def two_splits(seed=1):
    """A table whose validation split has other patients and another spread of scores."""
    val = make_predictions(60, seed=seed, separation=0.7).assign(split="val")
    for column in ("image_id", "patient_id", "exam_id"):
        val[column] = "v" + val[column]
    return pd.concat([make_predictions(60), val])


@pytest.mark.parametrize("level", ["image", "breast"])
def test_thresholds_from_validation_are_those_of_validation_judged_alone(read, level):
    table = read(two_splits())
    options = {"bootstrap": 0, "level": level}
    on_val = evaluate(table, split="val", **options)["operating_points"]
    applied = evaluate(table, thresholds_from="val", **options)["operating_points"]
    own = evaluate(table, **options)["operating_points"]
    assert [p["threshold"] for p in applied] == [p["threshold"] for p in on_val]
    assert [p["threshold"] for p in applied] != [p["threshold"] for p in own]
    assert {p["chosen_on"] for p in applied[:-1]} == {"val"}
    assert {p["chosen_on"] for p in own[:-1]} == {"test"}
    assert applied[-1]["chosen_on"] is own[-1]["chosen_on"] is None


def test_an_applied_threshold_is_judged_on_the_other_split(read):
    frame = two_splits()
    answer = evaluate(read(frame), thresholds_from="val", bootstrap=0)
    point = next(p for p in answer["operating_points"] if p["name"] == "sensitivity_0.90")
    test = frame[frame["split"] == "test"]
    called = test["p_malignant"] >= point["threshold"]
    assert answer["n"] == len(test)
    assert point["sensitivity"]["value"] == called[test["label"] == "malignant"].mean()


@pytest.mark.parametrize(
    ("frame", "options", "told"),
    [
        (make_predictions(8), {"thresholds_from": "val"}, "choose thresholds on 'val'.* test"),
        (two_splits(), {"thresholds_from": "val", "split": "all"}, "'val' and 'all'"),
        (two_splits(), {"thresholds_from": "all"}, "'all' and 'test'"),
        (make_predictions(8).drop(columns="split"), {"thresholds_from": "val"}, "column 'split'"),
    ],
)
def test_thresholds_need_a_split_of_their_own(read, frame, options, told):
    with pytest.raises(BadTable, match=told):
        evaluate(read(frame), bootstrap=0, **options)


def test_at_its_own_prevalence_a_table_has_its_own_predictive_values(read, frame):
    table = read(frame)
    share = evaluate(table, bootstrap=0)["prevalence"]["value"]
    assert share == (frame["label"] == "malignant").mean()
    answer = evaluate(table, bootstrap=50, prevalence=share)
    assert answer["target_prevalence"] == share
    for point in answer["operating_points"]:
        for name in ("ppv", "npv", "recall_rate"):
            value = point[f"{name}_at_prevalence"]["value"]
            assert value == pytest.approx(point[name]["value"])


def test_predictive_values_at_a_prevalence_lack_what_their_rates_lack(read, frame):
    """No malignant case: no sensitivity; one patient with malignant images: no interval of it."""
    without = read(frame[frame["label"] != "malignant"])
    point = evaluate(without, bootstrap=30, prevalence=0.006)["operating_points"][-1]
    assert point["ppv_at_prevalence"] == UNDEFINED
    frame["label"] = np.where(frame["patient_id"] == "p001", "malignant", "normal")
    points = evaluate(read(frame), bootstrap=30, prevalence=0.006)["operating_points"]
    for point in points:
        if point["sensitivity"]["low"] is None:
            assert point["ppv_at_prevalence"]["low"] is None
    assert any(point["sensitivity"]["low"] is None for point in points)


def test_page_and_command_line_agree_at_a_threshold(read, frame):
    """The sweep of the pages and the points of `evaluate`, at few distinct scores."""
    for name in CLASSES:
        frame[f"p_{name}"] = frame[f"p_{name}"].round(2)
    frame["p_normal"] = 1 - frame["p_benign"] - frame["p_malignant"]
    table = read(frame)
    answer = evaluate(table, bootstrap=200, prevalence=0.006)
    sweep = ThresholdSweep(
        table.probabilities[:, 2], table.labels == 2, table.patients, replicates=200
    )
    for point in answer["operating_points"]:
        for name, estimate in sweep.at_threshold(point["threshold"], 0.006).items():
            ends = [v for v in estimate.to_json().values() if v is not None]
            assert [v for v in point[name].values() if v is not None] == pytest.approx(ends)


@pytest.mark.parametrize("aggregation", ["mean", "max", "noisy_or"])
def test_where_a_patient_has_one_exam_exam_and_patient_are_one(read, frame, aggregation):
    table = read(frame)
    options = {"bootstrap": 30, "aggregation": aggregation}
    exam, patient = (evaluate(table, level=level, **options) for level in ("exam", "patient"))
    told = {"level", "warnings"}
    assert {k: v for k, v in exam.items() if k not in told} == {
        k: v for k, v in patient.items() if k not in told
    }


@pytest.mark.parametrize("aggregation", ["mean", "max", "noisy_or"])
def test_breasts_of_one_image_have_the_numbers_of_their_images(read, frame, aggregation):
    table = read(frame[frame["view"] == "CC"])
    image = evaluate(table, bootstrap=0)
    breast = evaluate(table, bootstrap=0, level="breast", aggregation=aggregation)
    assert breast["confusion"] == image["confusion"]
    ours, theirs = (
        [e["value"] for e in estimates([answer["per_class"], answer["operating_points"]])]
        for answer in (breast, image)
    )
    assert ours == pytest.approx(theirs, abs=1e-9)


def test_bca_moves_intervals_and_nothing_else(read, frame):
    table = read(frame)
    one, other = (evaluate(table, bootstrap=100, interval=name) for name in ("percentile", "bca"))
    assert (one["bootstrap"]["interval"], other["bootstrap"]["interval"]) == ("percentile", "bca")
    assert [e["value"] for e in estimates(one)] == [e["value"] for e in estimates(other)]
    assert one["per_class"]["malignant"]["auroc"] == other["per_class"]["malignant"]["auroc"]
    for key in ("accuracy", "quadratic_kappa", "macro_f1"):
        assert one[key] != other[key]
    assert one["bootstrap"]["undefined"] == other["bootstrap"]["undefined"]
    for estimate in estimates(other):
        if estimate["low"] is not None:
            assert estimate["low"] <= estimate["value"] <= estimate["high"]


def test_the_bootstraps_interval_is_near_the_normal_one(read):
    frame = make_predictions(400)
    answer = evaluate(read(frame), bootstrap=1000)
    called = frame[[f"p_{c}" for c in CLASSES]].to_numpy().argmax(axis=1)
    right = frame["label"] == np.array(CLASSES)[called]
    per_patient = right.groupby(frame["patient_id"]).mean()
    width = 2 * 1.96 * per_patient.std() / np.sqrt(400)
    got = answer["accuracy"]
    assert got["high"] - got["low"] == pytest.approx(width, rel=0.1)


@pytest.mark.parametrize(
    "options",
    [
        *({"level": "organ"}, {"aggregation": "median"}, {"positive": "cancer"}),
        {"interval": "wald"},
    ],
)
def test_unknown_options_are_refused(read, frame, options):
    with pytest.raises(BadConfiguration, match=next(iter(options.values()))):
        evaluate(read(frame), **options)


@pytest.mark.parametrize("options", [{"prevalence": 60}, {"prevalence": 0}, {"cost_ratio": 0}])
def test_shares_and_costs_out_of_range_are_refused(read, frame, options):
    with pytest.raises(BadConfiguration, match=r"prevalence between|cost ratio above"):
        evaluate(read(frame), **options)
