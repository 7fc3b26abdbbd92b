"""Experiments are shown as they stand, with the numbers of their own folder."""

import json
import shutil

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest
from stub_trainings import CLASSES, StubTraining, make_bench, make_dataset

from mammo_core.errors import Cancelled, MammoError
from mammo_core.experiments.cross_validation import Protocol, run_cross_validation
from mammo_core.experiments.learning_curve import Curve, run_learning_curve
from mammo_core.experiments.record import TABLE, read_experiment
from mammo_ui import experiments
from mammo_ui.forest_charts import draw_forest


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A folder with an experiment of each kind, and one that was stopped in its second part."""
    folder = tmp_path_factory.mktemp("experiments")
    dataset = make_dataset(folder / "dataset")
    bench, _ = make_bench(dataset)
    run_cross_validation(bench, Protocol(folds=4), folder / "folds")
    run_learning_curve(bench, Curve(shares=(0.5, 1.0)), folder / "curve")
    stopped = StubTraining(dataset, stop_at=("fold-2", 1), error=Cancelled("stop"))
    with pytest.raises(Cancelled):
        run_cross_validation(make_bench(dataset, stopped)[0], Protocol(folds=4), folder / "half")
    return folder


@pytest.fixture
def filled(home, made):
    shutil.copytree(made, home / ".mammo" / "experiments")
    return home / ".mammo" / "experiments"


def draw(name):
    def script(name):
        from mammo_ui.experiments import show_experiment

        show_experiment(name)

    at = AppTest.from_function(script, args=(name,), default_timeout=30).run()
    assert not at.exception
    return at


def words(at):
    return "\n".join(str(part.value) for part in (*at.markdown, *at.caption, *at.info))


def test_pooled_and_mean_are_both_told_with_what_each_means(filled):
    text = words(draw("folds"))
    result = read_experiment(filled / "folds").result
    pooled = result["per_class"][CLASSES[-1]]["auroc"]["value"]
    assert f"Pooled **{pooled:.2f}" in text
    assert f"**{result['folds']['mean_auroc']['value']:.2f}" in text
    assert "different models" in text


def test_the_forest_has_each_part_then_pooled_and_mean(filled):
    experiment = read_experiment(filled / "folds")
    rows = experiments.forest_rows(experiment)
    titles = [part["title"] for part in experiment.parts]
    assert [row["group"] for row in rows] == [*titles, "all pooled", "mean of the parts"]
    assert all(row["low"] <= row["value"] <= row["high"] for row in rows)


def test_a_row_without_an_interval_keeps_its_place_and_is_given_its_reason(filled):
    content = json.loads((filled / "folds" / "experiment.json").read_text())
    for estimate in (
        content["parts"][1]["test"]["auroc"],
        content["result"]["folds"]["mean_auroc"],
    ):
        estimate |= {"low": None, "high": None}
    (filled / "folds" / "experiment.json").write_text(json.dumps(content))
    at = draw("folds")
    text = words(at).replace("\\", "")
    assert "Without an interval: fold 2, mean of the parts." in text
    assert "too few patients" in text
    assert "Both intervals" not in text
    rows = experiments.forest_rows(read_experiment(filled / "folds"))
    groups = [row["group"] for row in rows]
    for layer in draw_forest("AUROC", groups, reference=None)["layer"][1:]:
        assert layer["encoding"]["y"]["scale"]["domain"] == groups


def test_the_heading_is_told_where_the_place_has_none(filled):
    assert "Cross-validation:" not in words(draw("folds"))


def test_the_table_that_is_downloaded_is_that_of_the_folder(filled):
    text = experiments._reader(read_experiment(filled / "folds"))()
    assert text == pd.read_parquet(filled / "folds" / TABLE).to_csv(index=False)


def test_a_learning_curve_leads_with_its_verdict(filled):
    verdict = read_experiment(filled / "curve").result["verdict"]["sentence"]
    assert verdict.split(":")[0] in words(draw("curve"))


def test_the_curve_has_a_point_a_share(filled):
    rows = experiments.curve_rows(read_experiment(filled / "curve"))
    assert [row["patients"] for row in rows] == sorted(row["patients"] for row in rows)
    assert len(rows) == 2


def test_an_experiment_that_is_under_way_shows_what_there_is(filled):
    at = draw("half")
    assert "1 of 4 parts done" in words(at)
    assert len(experiments.forest_rows(read_experiment(filled / "half"))) == 1


def test_the_curves_of_the_part_under_way_are_shown(filled):
    content = json.loads((filled / "half" / "experiment.json").read_text())
    content["parts"][1]["state"] = "training"
    (filled / "half" / "experiment.json").write_text(json.dumps(content))
    history = "epoch,stage,loss,val_loss,val_auroc\n1,images,1.1,1.0,0.6\n2,images,0.9,0.9,0.8\n"
    (filled / "half" / "parts" / "fold-2" / "history.csv").write_text(history)
    text = words(draw("half"))
    assert "How **fold 2** learns" in text
    assert "Best validation AUROC" in text


def test_before_the_first_part_it_says_what_it_does(filled):
    assert "being prepared" in words(draw("not-begun"))


def test_a_damaged_experiment_is_told_of_in_one_line(filled):
    content = json.loads((filled / "folds" / "experiment.json").read_text())
    del content["parts"]
    (filled / "folds" / "experiment.json").write_text(json.dumps(content))
    with pytest.raises(MammoError, match="lacks parts"):
        experiments.show_experiment("folds")


def test_all_experiments_of_the_home_are_listed(filled):
    assert set(experiments.list_experiments()) == {"folds", "curve", "half"}
