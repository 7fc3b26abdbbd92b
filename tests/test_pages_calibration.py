"""The tabs Calibration and Decision curve of Evaluate."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
import standin_home
from page_runs import cards, open_app, words

from mammo_core.calibrators.stored import read_fits
from mammo_core.metrics.decision_curve import DecisionPoint
from mammo_core.metrics.estimate import Estimate
from mammo_core.model_store import read_model
from mammo_core.predictions import write_predictions
from mammo_core.run_comparison import VALIDATION
from mammo_ui import calibration_rows, decision_charts, judgments
from mammo_ui.calibration_charts import KEPT, PROMISED, draw_counts, draw_reliability, tabulate

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="module")
def made_home(tmp_path_factory):
    """A home whose model kept its validation predictions, opened once."""
    folder = tmp_path_factory.mktemp("home")
    frame = standin_home.make_home(folder, n_patients=30)
    model = folder / "models" / "demo"
    sha256 = json.loads((model / "model.json").read_text())["sha256"]
    facts = {"model_sha256": sha256, "dataset_fingerprint": "x", "split": "val"}
    write_predictions(model / VALIDATION, frame.assign(split="val"), facts)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MAMMO_HOME", str(folder))
        open_tab("Per class")
    return folder


def open_tab(title, **query):
    return open_app("evaluate", state={"evaluate_tab": title}, evaluate_tab=title, **query)


def test_the_first_screen_tells_the_figures_and_the_parts_of_brier(standin):
    at = open_tab("Calibration")
    assert {"ECE", "Brier score", "Slope", "Intercept"} <= set(cards(at))
    assert "Reliability: promised and kept" in words(at)
    assert re.search(r"Resolution \*\*-?0\.\d+ \[", words(at))


def test_bins_of_equally_many_cases_are_drawn_on_request(standin):
    at = open_tab("Calibration")
    at.segmented_control(key="bins").set_value("equal_mass").run()
    assert not at.exception
    assert "Reliability: promised and kept" in words(at)


def test_the_images_of_all_bins_are_all_images_once(standin):
    choice = open_tab("Calibration").session_state["choice"]
    evaluation = judgments.evaluate(choice)
    ends = [(one["low"], one["high"]) for one in evaluation["reliability"]]
    found = [image for pair in ends for image in calibration_rows.find_images(choice, *pair)]
    assert len(found) == len(set(found)) == evaluation["n"]


def test_a_click_on_a_point_opens_its_cases(standin):
    at = open_tab("Calibration")
    at.session_state["reliability"] = {"selection": {"bin": [{"from": 0.0, "to": 0.1}]}}
    at.run()
    assert not at.exception
    assert at.title[0].value == "Cases"
    assert "P(malignant) 0.00 to 0.10" in " ".join(button.label for button in at.button).replace(
        "\\", ""
    )


def test_a_button_fits_on_what_the_training_kept_and_shows_before_and_after(standin):
    at = open_tab("Calibration")
    assert "Before: reliability" not in words(at)
    at.button(key="fit_kept").click().run()
    assert not at.exception
    fit = read_fits(read_model(standin / "models" / "demo"))["temperature"]
    assert (fit.dataset, fit.split) == ("generated", "val")
    assert "Before: reliability" in words(at)
    assert "After: reliability" in words(at)
    assert "Fitted for malignant on **generated**" in words(at)


def test_without_validation_rows_it_says_so_and_how_to_go_on(standin):
    (standin / "models" / "demo" / VALIDATION).unlink()
    at = open_tab("Calibration")
    assert "No validation images to fit on" in words(at)
    assert any("calibrate demo DATASET" in block.value for block in at.code)
    assert not [button for button in at.button if str(button.key).startswith("fit_")]


def test_validation_images_of_the_chosen_data_are_offered_too(standin):
    path = standin / "models" / "demo" / "predictions" / "exams.parquet"
    frame = pd.read_parquet(path)
    is_val = frame["patient_id"].isin(sorted(frame["patient_id"].unique())[:10])
    frame.assign(split=is_val.map({True: "val", False: "test"})).to_parquet(path)
    at = open_tab("Calibration")
    labels = {button.key: button.label for button in at.button if str(button.key)[:4] == "fit_"}
    assert set(labels) == {"fit_kept", "fit_chosen"}
    assert labels["fit_chosen"].endswith("of exams")


def test_at_another_level_it_says_that_fits_are_of_images(standin):
    open_tab("Calibration").button(key="fit_kept").click().run()
    assert "need not be calibrated itself" in words(open_tab("Calibration", level="breast"))


def test_a_fit_that_cannot_be_is_told_in_the_tab(standin):
    path = standin / "models" / "demo" / VALIDATION
    frame = pd.read_parquet(path)
    few = frame[frame["patient_id"].isin(sorted(frame["patient_id"].unique())[:6])]
    sha256 = json.loads((path.parent / "model.json").read_text())["sha256"]
    facts = {"model_sha256": sha256, "dataset_fingerprint": "x", "split": "val"}
    write_predictions(path, few, facts)
    at = open_tab("Calibration")
    at.button(key="fit_kept").click().run()
    assert not at.exception
    assert any("at least 5 patients" in error.value for error in at.error)


def test_a_damaged_file_of_calibrators_leaves_the_rest_of_the_tab(standin):
    (standin / "models" / "demo" / "calibration.json").write_text("{}")
    at = open_tab("Calibration")
    assert any("damaged" in error.value for error in at.error)
    assert "ECE" in cards(at)


def test_the_decision_curve_says_where_the_model_helps(standin):
    at = open_tab("Decision curve")
    assert "Net benefit per case" in words(at)
    assert "acting on the model is worth more" in words(at)
    assert "At the chosen threshold of 0.40" in words(at)


def test_a_fitted_calibrator_can_be_decided_by(standin):
    at = open_tab("Calibration")
    at.segmented_control(key="calibrator").set_value("platt").run()
    at.button(key="fit_kept").click().run()
    at = open_tab("Decision curve")
    own = words(at)
    at.segmented_control(key="decide_by").set_value("platt").run()
    assert not at.exception
    assert "At the chosen threshold of 0.40" in words(at)
    assert words(at) != own


def test_without_a_fitted_calibrator_only_the_own_probabilities_decide(standin):
    at = open_tab("Decision curve")
    assert at.segmented_control(key="decide_by").options == ["Own probabilities"]


def test_another_prevalence_moves_the_decision_curve(standin):
    told = [words(open_tab("Decision curve", **query)) for query in ({}, {"prevalence": "1.0"})]
    assert "(of these data)" in told[0]
    assert "prevalence of 1.0% (set above)" in told[1]


def test_the_tabs_load_no_library_before_they_are_opened():
    code = (
        "import sys, mammo_ui.evaluate_tabs; "
        "heavy = {'pandas', 'pyarrow', 'scipy', 'sklearn'} & set(sys.modules); "
        "assert not heavy, heavy"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT)


def point(threshold, low):
    gain = Estimate(low and low + 0.01, low, low and low + 0.02)
    return DecisionPoint(threshold, Estimate(0.1), Estimate(0.05), gain)


def test_ranges_are_runs_of_thresholds_with_a_gain_above_0():
    lows = [-0.1, 0.1, 0.1, 0.2, None, 0.2, 0.2, 0.0, 0.1, 0.1, 0.1]
    found = decision_charts.find_ranges([point(i / 100, low) for i, low in enumerate(lows)])
    assert found == [(0.01, 0.03), (0.08, 0.10)]


def test_a_reliability_row_holds_the_bin_and_its_interval():
    share = {"value": 0.4, "low": 0.1, "high": 0.7}
    one = {"low": 0.2, "high": 0.3, "n": 5, "mean_probability": 0.24, "positive_share": share}
    (row,) = tabulate([one])
    assert (row["from"], row["to"], row["n"], row[PROMISED], row[KEPT]) == (0.2, 0.3, 5, 0.24, 0.4)
    assert (row["low"], row["high"]) == (0.1, 0.7)


def test_the_bars_stand_below_their_bins():
    specs = draw_reliability(), draw_counts()
    assert len({str(spec["encoding"]["x"]["scale"]) for spec in specs}) == 1
