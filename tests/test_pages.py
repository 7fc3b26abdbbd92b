"""The pages, run as scripts without a browser on a stand-in home."""

import re
import shutil
import time
from pathlib import Path

import pytest
from page_runs import asked, open_app, words
from streamlit.elements.lib import policies
from streamlit.testing.v1 import AppTest

from mammo_core.image_sets import keep_set
from mammo_core.metrics.evaluation import evaluate
from mammo_core.paths import read_json, write_json
from mammo_core.predictions import Provenance, read_predictions, write_predictions
from mammo_ui import case_tiles, frame, judgments, library, results, state
from mammo_ui.forest_charts import draw_forest
from mammo_ui.main import PAGES

ROOT = Path(__file__).resolve().parents[1]
NAMES = [name for group in PAGES.values() for name in group]
FACT = "research only, not for diagnosis"

pytestmark = pytest.mark.usefixtures("absent_network")


@pytest.mark.parametrize("page", NAMES)
def test_each_page_runs_and_says_that_it_is_not_for_diagnosis(standin, page):
    at = open_app(page)
    assert not at.exception
    assert FACT in words(at)


@pytest.mark.parametrize("page", NAMES)
def test_without_model_and_data_each_page_says_what_to_do(home, page):
    at = open_app(page)
    assert not at.exception
    assert at.info


def test_the_overview_shows_the_auroc_that_evaluate_computes(standin):
    path = standin / "models" / "demo" / "predictions" / "exams.parquet"
    auroc = evaluate(read_predictions(path))["per_class"]["malignant"]["auroc"]
    card = next(metric for metric in open_app().metric if metric.label.startswith("AUROC"))
    assert card.value == f"{auroc['value']:.2f}"
    assert card.delta == f"[{auroc['low']:.2f} to {auroc['high']:.2f}], 12 patients"


@pytest.mark.parametrize("payload", [3, {}, {"evaluation": {}, "images": 3, "mistakes": []}])
def test_a_damaged_kept_answer_is_computed_again(standin, payload):
    folder = standin / "models" / "demo" / "evaluations"
    cards = [metric.value for metric in open_app().metric]
    for path in folder.glob("*.json"):
        part = "summary" if path.name.endswith(".overview.json") else "answer"
        write_json(path, read_json(path) | {part: payload})
    judgments._evaluation.cache_clear()
    at = open_app()
    assert not at.exception
    assert [metric.value for metric in at.metric] == cards
    kept = [read_json(path) for path in folder.glob("*.json")]
    assert payload not in [one.get("summary", one.get("answer")) for one in kept]


def test_a_level_in_the_address_changes_what_is_counted(standin):
    assert "Confusion matrix, 48 images" in words(open_app("evaluate"))
    assert "Confusion matrix, 24 breasts" in words(open_app("evaluate", level="breast"))


def test_a_threshold_of_zero_calls_everything(standin):
    metrics = {m.label: m.value for m in open_app("evaluate", threshold="0.0").metric}
    assert metrics["Sensitivity"] == metrics["Recall rate"] == "1.00"
    assert metrics["Specificity"] == "0.00"


def test_the_wide_slider_moves_the_global_threshold(standin):
    at = open_app("evaluate")
    at.slider(key="threshold_here").set_value(0.9).run()
    assert at.session_state["threshold"] == 0.9
    assert "threshold 0.90" in words(at)


def test_moving_the_threshold_by_code_warns_nobody(standin, monkeypatch):
    monkeypatch.setattr(policies, "_shown_default_value_warning", False)
    open_app("evaluate").slider(key="threshold_here").set_value(0.9).run()
    assert not policies._shown_default_value_warning


def test_a_cell_of_the_matrix_opens_its_cases(standin):
    at = open_app()
    cell = {"true": "malignant", "predicted": "malignant"}
    at.session_state["overview_matrix"] = {"selection": {"cell": [cell]}}
    at.run()
    assert at.title[0].value == "Cases"
    assert asked(at, "true") == "malignant"
    labels = [button.label for button in at.button]
    assert any("Truth: malignant" in label for label in labels)
    table = read_predictions(standin / "models" / "demo" / "predictions" / "exams.parquet")
    n = int(((table.labels == 2) & (table.predicted == 2)).sum())
    assert f"**{n} images**" in words(at)


def test_an_empty_cell_of_the_matrix_says_that_it_is_empty(standin):
    path = standin / "models" / "demo" / "predictions" / "exams.parquet"
    frame = read_predictions(path).frame
    frame[["p_normal", "p_benign", "p_malignant"]] = [0.6, 0.3, 0.1]
    write_predictions(path, frame, {})
    at = open_app()
    cell = {"true": "malignant", "predicted": "benign"}
    at.session_state["overview_matrix"] = {"selection": {"cell": [cell]}}
    at.run()
    assert at.title[0].value == "Overview"
    assert "No case in this cell" in words(at)


def test_the_matrix_and_the_slider_say_what_the_threshold_moves(standin):
    by_threshold = words(open_app("evaluate"))
    assert "from a probability of 0.40 on" in by_threshold
    assert "moves the five cards" in by_threshold
    by_class = words(open_app("evaluate", matrix="Most probable class"))
    assert "does not move with the threshold" in by_class


def test_operating_points_of_one_threshold_share_a_button(standin):
    at = open_app("evaluate")
    labels = [button.label for button in at.button if ": 0." in button.label]
    thresholds = [label.split(": ")[1] for label in labels]
    assert len(set(thresholds)) == len(thresholds)
    titles = [title for label in labels for title in label.split(": ")[0].split(", ")]
    assert sorted(titles) == sorted([*results.POINT_TITLES.values(), "Cost 10:1"])


def test_subgroups_that_hold_all_cases_are_left_out(standin):
    path = standin / "models" / "demo" / "predictions" / "exams.parquet"
    evaluation = evaluate(read_predictions(path))
    estimated = {g["by"] for g in evaluation["subgroups"] if g["auroc"]["value"] is not None}
    assert estimated - {g["by"] for g in results.known_subgroups(evaluation)} == {"source"}


def test_the_worst_slices_are_below_the_whole_the_lowest_interval_first(standin):
    path = standin / "models" / "demo" / "predictions" / "exams.parquet"
    whole = evaluate(read_predictions(path))["per_class"]["malignant"]["auroc"]["value"]
    pattern = r"^[\w \\-]+: \*\*(\d\.\d\d) \[(\d\.\d\d) to"
    slices = [re.match(pattern, str(text.value)) for text in open_app().markdown]
    found = [tuple(map(float, match.groups())) for match in slices if match]
    assert found
    assert all(value <= round(whole, 2) for value, _ in found)
    assert [low for _, low in found] == sorted(low for _, low in found)


def test_every_group_of_the_forest_keeps_its_label_and_its_room():
    spec = draw_forest("AUROC", [f"group {i}" for i in range(40)], reference=0.8)
    axes = [layer["encoding"]["y"]["axis"] for layer in spec["layer"] if "y" in layer["encoding"]]
    assert axes
    assert all(axis["labelOverlap"] is False for axis in axes)
    assert spec["height"] / 40 > axes[0]["labelFontSize"] * 1.5


def test_what_the_address_asks_for_in_vain_is_told(standin):
    at = open_app("evaluate", model="nope", dataset="x*x")
    assert "model nope, dataset x\\*x" in words(at)
    assert not open_app("evaluate", model="demo", split="test").warning


@pytest.mark.parametrize("threshold", ["1.2", "-1", "nan", "half", ""])
def test_a_threshold_that_is_none_is_told_and_left_out(standin, threshold):
    at = open_app("evaluate", threshold=threshold)
    assert not at.exception
    assert "threshold" in words(at)
    assert any("Not found" in str(warning.value) for warning in at.warning)


@pytest.mark.parametrize("threshold", ["0", "1.0", "0.2731"])
def test_a_threshold_in_the_address_is_obeyed(standin, threshold):
    at = open_app("evaluate", threshold=threshold)
    assert not any("Not found" in str(warning.value) for warning in at.warning)


@pytest.mark.parametrize(("low", "high", "told"), [(1.0, 1.0, True), (0.9, 1.0, False)])
def test_an_interval_without_width_says_nothing_and_says_so(low, high, told):
    at = AppTest.from_string(
        "from mammo_ui import frame\n"
        f"frame.show_card('x', {{'value': 1.0, 'low': {low}, 'high': {high}}}, 'n')"
    ).run()
    assert ("All resamples" in at.metric[0].help) == told


@pytest.mark.parametrize(
    ("sort", "key"),
    [("loss", ["loss 2.31"]), ("uncertainty", ["uncertainty 0.50"]), ("score", [])],
)
def test_each_tile_names_both_rules_and_what_it_is_sorted_by(standin, sort, key):
    choice = state.Choice(library.find_model("demo"), "exams", "test", "image", "mean", 0.27)
    case = {"image_id": "a", "true": "benign", "predicted": "normal", "correct": False}
    case |= {"score": 0.12, "outcome": "TN", "loss": 2.31, "uncertainty": 0.5}
    lines = [line.text for line in case_tiles.write_lines(case, choice, {}, sort)]
    rules = ["class ✗ said normal", "P(malignant) 0.12", "call ✓ TN at 0.27"]
    assert lines == ["a", "truth benign", *rules, *key]


@pytest.mark.parametrize(
    ("outcome", "mark", "told"),
    [
        ("TP", "✓", "at or above the threshold 0.27, and the truth is malignant"),
        ("FP", "✗", "at or above the threshold 0.27, and the truth is not malignant"),
        ("FN", "✗", "below the threshold 0.27, and the truth is malignant"),
        ("TN", "✓", "below the threshold 0.27, and the truth is not malignant"),
    ],
)
def test_the_call_is_judged_apart_from_the_class_and_says_by_what(standin, outcome, mark, told):
    choice = state.Choice(library.find_model("demo"), "exams", "test", "image", "mean", 0.27)
    case = {"image_id": "a", "true": "benign", "predicted": "normal", "correct": False}
    case |= {"score": 0.5, "outcome": outcome, "loss": 2.31}
    of_class, _, call = case_tiles.write_lines(case, choice, {}, "score")[2:5]
    assert of_class.text.startswith("class ✗")
    assert "dashed" in of_class.title
    assert call.text == f"call {mark} {outcome} at 0.27"
    assert call.title.endswith(told)


def test_removing_a_chip_brings_the_other_cases_back(standin):
    at = open_app("cases", density="a")
    assert "**12 images**" in words(at)
    at.button(key="chip_density").click().run()
    assert "**48 images**" in words(at)
    assert "density" not in at.query_params


def test_an_id_finds_its_case(standin):
    assert "**4 images**" in words(open_app("cases", find="s00003"))


def test_filters_that_nothing_fits_say_so(standin):
    at = open_app("cases", density="nonsense")
    assert not at.exception
    assert "No image fits" in words(at)


def test_a_case_that_is_unknown_is_told_not_raised(standin):
    at = open_app("case", case="../../etc/passwd")
    assert not at.exception
    assert "There is no case" in words(at)


def test_previous_and_next_walk_the_selection(standin):
    at = open_app("case", case="S00001_LCC", find="S00001_L")
    assert "of 2" in words(at)
    forward = at.button(key="walk_Next")
    way = forward if not forward.disabled else at.button(key="walk_Previous")
    way.click().run()
    assert asked(at, "case") == "S00001_LMLO"
    assert asked(at, "find") == "S00001_L"


def test_a_model_without_predictions_offers_to_predict(standin):
    shutil.rmtree(standin / "models" / "demo" / "predictions")
    at = open_app("evaluate")
    assert not at.exception
    assert [button.label for button in at.button] == ["Predict now"]


def note_job(home, arguments, *, log="", end=None):
    """A job's folder as its process leaves it; without an end it has just been started."""
    folder = home / ".mammo" / "jobs" / "20260101-000000-abcdef"
    folder.mkdir(parents=True, exist_ok=True)
    content = {"title": "Predict exams", "arguments": arguments, "created": time.time()}
    write_json(folder / "job.json", content)
    (folder / "log.txt").write_text(log)
    if end is not None:
        write_json(folder / "end.json", {"exit": end})


@pytest.fixture
def prediction(standin):
    """The arguments of the prediction that the standin's pages offer, its table taken away."""
    (standin / "models" / "demo" / "predictions").rename(standin / "taken away")
    return ["predict", str(standin / "models" / "demo"), str(standin / ".mammo/datasets/exams")]


def test_while_a_prediction_runs_no_second_one_is_offered(standin, prediction):
    note_job(standin, prediction)
    at = open_app("evaluate")
    assert "is running" in at.info[0].value
    assert not at.button


def test_a_prediction_that_failed_is_told_by_its_last_line_until_it_is_read(standin, prediction):
    note_job(standin, prediction)
    at = open_app("evaluate")
    note_job(standin, prediction, log="Reading\nDisk full\n", end=2)
    at.run()
    assert "Disk full" in at.sidebar.error[0].value
    assert "Disk full" in at.main.error[0].value
    at.run()
    assert at.sidebar.error
    next(button for button in at.sidebar.button if "read" in button.label).click().run()
    assert not at.sidebar.error
    assert "Predict now" in [button.label for button in at.button]


def test_a_prediction_that_is_done_shows_its_numbers(standin, prediction):
    note_job(standin, prediction)
    at = open_app("evaluate")
    (standin / "taken away").rename(standin / "models" / "demo" / "predictions")
    note_job(standin, prediction, end=0)
    at.run()
    assert at.metric
    assert not at.error


def test_predictions_of_another_network_are_not_shown(standin):
    path = standin / "models" / "demo" / "predictions" / "exams.parquet"
    frame = read_predictions(path).frame
    write_predictions(path, frame, vars(Provenance("another network", "0123456789ab")))
    at = open_app("evaluate")
    assert "has changed" in at.info[0].value
    assert not at.metric


@pytest.mark.parametrize(
    ("model_is_synthetic", "data_are_synthetic", "warned"),
    [(True, False, True), (True, True, False), (False, False, False)],
)
@pytest.mark.parametrize("page", ["overview", "evaluate", "cases", "case"])
def test_a_model_that_saw_no_patient_is_told_where_the_images_are_real(
    standin, page, model_is_synthetic, data_are_synthetic, warned
):
    card = standin / "models" / "demo" / "model.json"
    dataset = {"name": "generated", "synthetic": model_is_synthetic}
    write_json(card, read_json(card) | {"dataset": dataset})
    index = standin / ".mammo" / "datasets" / "exams" / "dataset.json"
    write_json(index, read_json(index) | {"synthetic": data_are_synthetic})
    assert ("only synthetic images" in words(open_app(page))) == warned


def test_a_split_without_images_is_told_under_the_title(standin):
    at = open_app("evaluate", split="validation")
    assert not at.exception
    assert at.title[0].value == "Evaluate"
    assert "split" in at.error[0].value


def test_text_from_a_file_never_becomes_markup():
    text = "<img src=x> **b** [a](http://b) $x$ :red[y] `c` ![i](http://j)"
    shown = frame.plain(text)
    markup = set("<>*[]()$`:!")
    assert all(shown[i - 1] == "\\" for i, letter in enumerate(shown) if letter in markup)
    assert shown.replace("\\", "") == text


def test_an_operating_point_sets_its_threshold_to_the_last_digit(standin):
    at = open_app("evaluate")
    button = next(b for b in at.button if str(b.key).startswith("point_"))
    exact = float(button.key.removeprefix("point_"))
    button.click().run()
    assert at.session_state["threshold"] == exact


def test_a_kept_set_of_images_is_shown_alone_and_by_its_title(standin):
    at = open_app("cases", set=keep_set("Picked on the map", ["S00001_LCC", "nobody"]))
    assert "Picked on the map" in at.button(key="chip_set").label
    assert "1 image" in words(at)
