"""Experiments: what each part saw, one table out of fold, going on after a stop."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score
from stub_trainings import CONFIG, StubTraining, make_bench, make_dataset

from mammo_core.errors import BadConfiguration, BadModel, Cancelled
from mammo_core.experiments import cross_validation
from mammo_core.experiments.cross_validation import Protocol, run_cross_validation
from mammo_core.experiments.learning_curve import Curve, run_learning_curve
from mammo_core.experiments.record import TABLE, list_experiments, read_experiment
from mammo_core.experiments.work import count_epochs
from mammo_core.locks import InUse, holding
from mammo_core.metrics.evaluation import evaluate
from mammo_core.metrics.operating_points import RATES
from mammo_core.model_store import read_model
from mammo_core.paths import read_json, write_json
from mammo_core.predictions import read_predictions

FOLDS = Protocol(folds=4)


@pytest.fixture(scope="module")
def dataset(tmp_path_factory):
    return make_dataset(tmp_path_factory.mktemp("dataset"))


@pytest.fixture(scope="module")
def done(dataset, tmp_path_factory):
    """A cross-validation without a stop: (its folder, its answer)."""
    out = tmp_path_factory.mktemp("experiments") / "whole"
    return out, run_cross_validation(make_bench(dataset)[0], FOLDS, out)


def content(out):
    return read_json(out / "experiment.json")


@pytest.mark.parametrize("run", [(run_cross_validation, FOLDS), (run_learning_curve, Curve())])
@pytest.mark.parametrize("other", [None, "elsewhere"])
def test_weights_that_learned_from_the_same_patients_are_told_of(dataset, tmp_path, run, other):
    bench = make_bench(dataset)[0]
    bench.learn(bench.plan, tmp_path / "teacher", progress=print, on_epoch=print)
    if other:
        card = read_json(tmp_path / "teacher" / "model.json")
        card["dataset"] = {"name": other, "fingerprint": "another"}
        write_json(tmp_path / "teacher" / "model.json", card)
    config = replace(CONFIG, weights=str(tmp_path / "teacher"))
    experiment, protocol = run
    answer = experiment(make_bench(dataset, config=config)[0], protocol, tmp_path / "out")
    assert any("flatter, as its patients" in note for note in answer["notes"]) == (not other)


class TestCrossValidation:
    def test_every_image_outside_the_test_split_is_once_out_of_fold(self, dataset, done):
        table = read_predictions(done[0] / TABLE).frame
        folded = dataset.index[dataset.index["split"] != "test"]
        assert sorted(table["image_id"]) == sorted(folded["image_id"])
        assert set(table["split"]) == {"test"}

    def test_no_model_saw_the_patients_that_it_is_judged_on(self, dataset, done):
        patient_of = dataset.index.set_index("image_id")["patient_id"]
        table = read_predictions(done[0] / TABLE).frame
        for name, rows in table.groupby("fold"):
            roles = read_json(done[0] / "parts" / name / "roles.json")
            seen = {patient_of[image] for image, role in roles.items() if role != "test"}
            assert not seen & set(rows["patient_id"])
            assert set(rows["image_id"]) == {i for i, role in roles.items() if role == "test"}

    def test_its_numbers_are_those_of_evaluate_on_its_table(self, done):
        out, answer = done
        expected = evaluate(read_predictions(out / TABLE))
        assert {key: answer["result"][key] for key in expected} == expected

    def test_each_image_keeps_the_threshold_of_its_own_fold(self, done):
        out, _ = done
        table = pd.read_parquet(out / TABLE)
        for name, rows in table.groupby("fold"):
            own = read_model(out / "parts" / name).threshold
            np.testing.assert_array_equal(rows["fold_threshold"], own)
            assert read_experiment(out).find(name)["threshold"] == own

    def test_rates_at_own_thresholds_count_each_image_by_its_own(self, done):
        out, answer = done
        table = pd.read_parquet(out / TABLE)
        called, is_sick = (
            table["p_malignant"] >= table["fold_threshold"],
            table["label"] != "normal",
        )
        rates = answer["result"]["folds"]["at_own_thresholds"]
        assert rates["sensitivity"]["value"] == pytest.approx(
            (called & is_sick).sum() / sum(is_sick)
        )
        assert rates["recall_rate"]["value"] == pytest.approx(called.mean())
        assert set(rates) == set(RATES)

    def test_the_mean_of_the_folds_is_that_of_scikit_learns_values(self, done):
        out, answer = done
        table = pd.read_parquet(out / TABLE)
        values = [
            roc_auc_score(rows["label"] == "malignant", rows["p_malignant"])
            for _, rows in table.groupby("fold")
        ]
        folds = answer["result"]["folds"]
        assert folds["mean_auroc"]["value"] == pytest.approx(np.mean(values))
        assert folds["sd"] == pytest.approx(np.std(values, ddof=1))
        assert (folds["lowest"], folds["highest"]) == pytest.approx((min(values), max(values)))
        stated = [part["test"]["auroc"]["value"] for part in answer["parts"]]
        assert stated == pytest.approx(values)

    def test_all_folds_the_test_split_too(self, dataset, tmp_path):
        protocol = replace(FOLDS, everything=True)
        answer = run_cross_validation(make_bench(dataset)[0], protocol, tmp_path / "all")
        assert answer["result"]["n"] == len(dataset.index)
        assert any("no untouched test set is left" in note for note in answer["notes"])

    def test_leaving_a_scanner_out_has_a_part_a_scanner(self, dataset, tmp_path):
        protocol = Protocol(leave_out="manufacturer")
        run_cross_validation(make_bench(dataset)[0], protocol, tmp_path / "scanners")
        table = pd.read_parquet(tmp_path / "scanners" / TABLE)
        assert (table.groupby("fold")["manufacturer"].nunique() == 1).all()
        assert table["fold"].nunique() == 2


class TestStops:
    @pytest.mark.parametrize("error", [Cancelled("Stopped by the user"), KeyboardInterrupt()])
    def test_resumed_is_as_unbroken_and_trains_no_part_twice(self, dataset, done, tmp_path, error):
        out = tmp_path / "whole"
        stub = StubTraining(dataset, stop_at=("fold-2", 2), error=error)
        bench, _ = make_bench(dataset, stub)
        with pytest.raises(type(error)):
            run_cross_validation(bench, FOLDS, out)
        states = [part["state"] for part in content(out)["parts"]]
        assert states == ["done", "stopped", "waiting", "waiting"]
        run_cross_validation(bench, FOLDS, out)
        assert stub.begun == ["fold-1", "fold-2", "fold-2", "fold-3", "fold-4"]
        assert content(out) == content(done[0])
        pd.testing.assert_frame_equal(
            pd.read_parquet(out / TABLE), pd.read_parquet(done[0] / TABLE)
        )

    def test_a_whole_experiment_answers_again_without_training(self, dataset, tmp_path):
        bench, stub = make_bench(dataset)
        first = run_cross_validation(bench, FOLDS, tmp_path / "x")
        assert run_cross_validation(bench, FOLDS, tmp_path / "x") == first
        assert len(stub.begun) == 4

    @pytest.mark.parametrize(
        "other", [{"protocol": Protocol(folds=3)}, {"config": replace(CONFIG, epochs=9)}]
    )
    def test_a_folder_of_another_experiment_is_refused(self, dataset, done, other):
        bench, _ = make_bench(dataset, config=other.get("config", CONFIG))
        with pytest.raises(BadConfiguration, match="other settings or data"):
            run_cross_validation(bench, other.get("protocol", FOLDS), done[0])

    def test_a_folder_with_other_content_is_left_alone(self, dataset, tmp_path):
        (tmp_path / "notes.txt").write_text("mine")
        with pytest.raises(BadModel, match="no experiment of ours"):
            run_cross_validation(make_bench(dataset)[0], FOLDS, tmp_path)
        assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]

    def test_progress_counts_the_epochs_of_all_parts_from_where_it_goes_on(self, dataset, tmp_path):
        stub = StubTraining(dataset, stop_at=("fold-2", 2), error=Cancelled("stop"))
        bench, _ = make_bench(dataset, stub)
        runs = ([], [])
        with pytest.raises(Cancelled):
            run_cross_validation(
                bench, FOLDS, tmp_path / "x", progress=lambda *told: runs[0].append(told[:2])
            )
        run_cross_validation(
            bench, FOLDS, tmp_path / "x", progress=lambda *told: runs[1].append(told[:2])
        )
        whole = 4 * count_epochs(CONFIG)
        assert runs[0][0] == (0, whole)
        assert runs[0][-1] == (5, whole)
        assert runs[1][-1] == (whole - 5, whole - 5)
        assert all(a <= b for run in runs for a, b in pairwise(run))

    def test_a_page_can_read_it_after_every_epoch(self, dataset, tmp_path):
        seen = []

        def look(done, total, doing):
            seen.append([part["epochs"] for part in content(tmp_path / "x")["parts"]])

        run_cross_validation(make_bench(dataset)[0], FOLDS, tmp_path / "x", progress=look)
        assert [1, 0, 0, 0] in seen
        assert [3, 3, 2, 0] in seen


@pytest.fixture(scope="module")
def curve(dataset, tmp_path_factory):
    """A learning curve of two repeats: (its folder, its answer)."""
    out = tmp_path_factory.mktemp("experiments") / "curve"
    asked = Curve(shares=(0.25, 0.5, 1.0), repeats=2)
    return out, run_learning_curve(make_bench(dataset)[0], asked, out)


class TestLearningCurve:
    def test_patients_grow_with_the_share_up_to_all_of_the_training_split(self, dataset, curve):
        train = dataset.index[dataset.index["split"] == "train"]
        points = curve[1]["result"]["curve"]
        patients = [point["patients"] for point in points]
        assert patients == sorted(set(patients))
        assert patients[-1] == train["patient_id"].nunique()
        assert points[-1]["n"] == len(train)

    def test_subsets_of_one_repeat_are_nested_as_recorded(self, curve):
        for run in ("run-1", "run-2"):
            chosen = [
                {i for i, role in roles.items() if role == "train"}
                for share in ("0.25", "0.5", "1")
                for roles in [read_json(curve[0] / "parts" / f"share-{share}-{run}" / "roles.json")]
            ]
            assert chosen[0] < chosen[1] < chosen[2]

    def test_no_model_is_asked_about_the_test_split(self, dataset, curve):
        test = set(dataset.index.loc[dataset.index["split"] == "test", "image_id"])
        for part in curve[1]["parts"]:
            roles = read_json(curve[0] / "parts" / part["name"] / "roles.json")
            assert not test & set(roles)
            assert part["test"] is None

    def test_a_point_is_the_mean_of_its_repeats_within_its_interval(self, curve):
        for point in curve[1]["result"]["curve"]:
            assert point["auroc"]["value"] == pytest.approx(np.mean(point["repeats"]))
            assert point["auroc"]["low"] < point["auroc"]["value"] < point["auroc"]["high"]

    def test_each_repeat_trains_with_a_seed_of_its_own(self, curve):
        seeds = {
            part["name"]: read_model(curve[0] / "parts" / part["name"]).card["seed"]
            for part in curve[1]["parts"]
        }
        assert {name[-1]: seed for name, seed in seeds.items()} == {"1": 0, "2": 1}

    def test_the_verdict_names_every_share(self, curve):
        verdict = curve[1]["result"]["verdict"]
        for point in curve[1]["result"]["curve"]:
            assert f"{point['auroc']['value']:.2f}" in verdict["sentence"]


def test_experiments_of_the_home_are_listed_newest_first(home, dataset):
    bench, _ = make_bench(dataset)
    for name in ("older", "newer"):
        run_learning_curve(bench, Curve(shares=(0.5, 1.0)), home / ".mammo" / "experiments" / name)
    (home / ".mammo" / "experiments" / "damaged").mkdir()
    (home / ".mammo" / "experiments" / "damaged" / "experiment.json").write_text("{")
    assert [experiment.folder.name for experiment in list_experiments()] == ["newer", "older"]


def test_two_processes_never_work_on_one_experiment(home, dataset, monkeypatch):
    bench, stub = make_bench(dataset)
    monkeypatch.setattr(cross_validation, "open_bench", lambda plan, progress: bench)
    monkeypatch.setattr(cross_validation, "PATIENCE_S", 0.01)
    out = home / ".mammo" / "experiments" / "x"
    with ThreadPoolExecutor(1) as elsewhere, holding(out):
        busy = elsewhere.submit(cross_validation.cross_validate, bench.plan, FOLDS, out)
        with pytest.raises(InUse, match="in use by another process"):
            busy.result()
    assert not stub.begun
    assert cross_validation.cross_validate(bench.plan, FOLDS, out)["result"]["n"] == 48
