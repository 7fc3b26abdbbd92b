"""The Models page: all runs in a table, what differs between those that are ticked, the card."""

import json

import pytest
import run_folders
import standin_home
from page_runs import open_app, words
from streamlit.testing.v1 import AppTest
from test_pages import NAMES

from mammo_core.model_store import default_model
from mammo_core.run_reading import read_run
from mammo_core.runs import list_runs
from mammo_ui import frame
from mammo_ui.run_contrast import write_value
from mammo_ui.run_curves import draw_overlay, gather_points
from mammo_ui.run_names import COLORS
from mammo_ui.run_pair import judge
from mammo_ui.run_table import WIDTHS, describe_run
from mammo_ui.theme import MODEL_A, MODEL_B

READ = ("foreign", "first")
KNOWN = {"value": 0.75, "low": 0.5, "high": 0.875}

pytestmark = pytest.mark.usefixtures("absent_network")


@pytest.fixture
def models(home):
    folder = home / "models"
    run_folders.write_run(folder / "first", epochs=3)
    run_folders.write_run(folder / "second", epochs=4, dropout=0.3)
    run_folders.write_import(folder / "foreign")
    run_folders.write_unfinished(folder / "half")
    return folder


def page(**query):
    at = open_app("models", **query)
    assert not at.exception
    return at


def test_without_a_run_the_page_offers_to_train(home):
    at = page()
    assert "no model yet" in at.info[0].value
    assert "Train a model" in [button.label for button in at.main.button]


def test_every_run_has_its_row(models):
    (table,) = page().main.dataframe
    assert list(table.value["Run"]) == ["first", "foreign", "half", "second"]
    assert list(table.value["State"]) == ["finished, default", "imported", "stopped", "finished"]


def test_one_run_shows_its_card_without_a_tick(home):
    run_folders.write_run(home / "models" / "only")
    said = words(page())
    assert "must not be used for diagnosis" in said.replace("\\", "")
    assert "What differs" not in said


def test_two_ticks_in_the_address_show_what_differs(models):
    at = page(runs=["first", "second"])
    tables = [table.value for table in at.main.table]
    differences = tables[0]
    assert list(differences.iloc[:, 0]) == [
        "training\\: epochs",
        "training\\: dropout",
    ]
    assert list(differences.iloc[:, 2]) == ["**4**", "**0.3**"]
    subheaders = [part.value for part in at.subheader]
    assert subheaders[:3] == ["What differs", "How they learned", "A against B"]
    assert "first" in subheaders[3]


def test_a_is_the_run_that_was_ticked_first(models):
    at = page(runs=["second", "first"])
    a, b = at.main.table[0].value.columns[1:]
    assert a.endswith("**A**] second")
    assert b.endswith("**B**] first")


def test_of_three_ticked_runs_any_two_can_be_compared(models):
    at = page(runs=["first", "second", "half"])
    assert "A against B" in [part.value for part in at.subheader]
    box = next(box for box in at.main.selectbox if box.label.startswith("Compared"))
    assert box.options == [
        "A first against B second",
        "A first against C half",
        "B second against C half",
    ]
    box.select_index(2).run()
    assert not at.exception
    assert "B against C" in [part.value for part in at.subheader]


def test_ticked_runs_stand_above_as_chips_that_take_the_tick_away(models):
    at = page(runs=["second", "first"])
    chips = [button for button in at.main.button if (button.key or "").startswith("tick_")]
    assert [chip.key for chip in chips] == ["tick_second", "tick_first"]
    chips[0].click().run()
    assert at.query_params["runs"] in ("first", ["first"])


def test_the_columns_that_matter_fit_a_narrow_and_a_wide_page(models):
    ticks, narrow, wide = 40, 800 - 240 - 40, 1440 - 300 - 80
    shown = list(describe_run(read_run(models / "first"), None))
    assert shown[:4] == ["Run", "Validation AUROC", "Test AUROC", "Data"]
    assert ticks + sum(WIDTHS[name] for name in shown[:2]) <= narrow
    assert ticks + sum(WIDTHS[name] for name in shown[:4]) <= wide


def test_another_tick_comes_after_those_that_were(models):
    script = (
        "import streamlit as st\n"
        "from mammo_core.runs import list_runs\n"
        "from mammo_ui import run_table\n"
        "st.session_state['table'] = {'selection': {'rows': [0, 1, 3]}}\n"
        "run_table._note_ticks('table', list_runs())"
    )
    at = AppTest.from_string(script)
    at.query_params["runs"] = ["second", "gone", "first"]
    at.run()
    assert at.query_params["runs"] == ["second", "first", "foreign"]


def test_ticks_of_runs_that_are_gone_are_ignored(models):
    at = page(runs=["first", "gone"])
    assert "What differs" not in [part.value for part in at.subheader]


def test_equal_runs_say_that_nothing_differs(home):
    for name in ("one", "two"):
        run_folders.write_run(home / "models" / name)
    assert "Nothing that is known of them differs" in words(page(runs=["one", "two"]))


def test_an_imported_and_an_unfinished_run_can_be_ticked(models):
    said = words(page(runs=["foreign", "half"]))
    assert "Without a history: B foreign" not in said
    assert "Without a history" in said


def test_an_unfinished_training_shows_how_far_it_came(models):
    said = words(page(runs=["half"])).replace("\\", "")
    assert "an unfinished training" in said
    assert "Best validation AUROC 0.80 at epoch 2" in said


def test_a_damaged_folder_tells_what_is_wrong(models):
    (models / "half" / "training.json").write_text("{")
    assert any("Cannot read" in str(error.value) for error in page(runs=["half"]).error)


def test_an_imported_model_tells_what_is_not_known(models):
    said = words(page(runs=["foreign"])).replace("\\", "")
    assert "trained elsewhere" in said


@pytest.mark.parametrize("name", NAMES)
def test_every_page_copes_with_an_imported_model_of_other_classes(home, name):
    run_folders.write_import(home / "models" / "foreign", classes=("healthy", "sick"))
    standin_home.write_dataset(home / ".mammo" / "datasets" / "films", n_patients=1, seed=0)
    at = open_app(name)
    assert not at.exception
    assert "foreign" in words(at) or name == "data"


def test_the_train_page_says_of_an_import_that_its_training_is_not_known(home):
    run_folders.write_import(home / "models" / "foreign")
    standin_home.write_dataset(home / ".mammo" / "datasets" / "films", n_patients=1, seed=0)
    assert "nothing is known of how it learned" in words(open_app("train"))


def test_an_imported_model_can_be_checked_and_a_trained_one_needs_no_check(models):
    standin_home.write_dataset(models.parent / ".mammo" / "datasets" / "films", 1, seed=0)
    labels = {name: [b.label for b in page(runs=[name]).main.button] for name in READ}
    assert "Check it" in labels["foreign"]
    assert "Check it" not in labels["first"]


def test_a_fold_becomes_a_model_under_its_new_name(home):
    parts = home / ".mammo" / "experiments" / "five" / "parts"
    for number in (10, 2):
        run_folders.write_run(parts / str(number))
    run_folders.write_unfinished(parts / "3")
    at = page(part="Import a model")
    box = next(box for box in at.main.selectbox if box.label.startswith("Trained in"))
    assert [option.split(":")[0] for option in box.options] == ["five, part 2", "five, part 10"]
    next(f for f in at.main.text_input if f.label.startswith("Its name")).set_value("best")
    next(button for button in at.main.button if button.label == "Adopt it").click().run()
    assert not at.main.error
    assert [run.name for run in list_runs()] == ["best"]


def test_without_trials_and_folds_nothing_is_offered_to_adopt(home):
    assert "Adopt it" not in [button.label for button in page(part="Import a model").main.button]


def test_make_default_makes_it_so(models):
    at = page(runs=["second"])
    next(button for button in at.main.button if button.label == "Make default").click().run()
    assert default_model().id == "second"
    assert "Make default" not in [button.label for button in at.main.button]


def test_choose_lets_all_pages_speak_of_it(models):
    at = page(runs=["second"])
    next(button for button in at.main.button if button.label == "Choose").click().run()
    assert at.session_state["model"] == "second"


def test_two_hundred_runs_are_a_table(home):
    for number in range(200):
        run_folders.write_run(home / "models" / f"run-{number:03d}", seed=number)
    assert len(page().main.dataframe[0].value) == 200


def test_a_test_on_other_images_names_them_and_no_test_is_a_dash(models):
    assert (
        describe_run(read_run(models / "first"), None)["Test AUROC"]
        == f"{frame.DASH} not looked at"
    )
    run_folders.write_evaluation(models / "first", KNOWN, dataset="alien")
    told = describe_run(read_run(models / "first"), None)["Test AUROC"]
    assert told == "0.75 [0.50 to 0.88], 2 patients, alien"
    run_folders.write_evaluation(models / "first", KNOWN)
    told = describe_run(read_run(models / "first"), None)["Test AUROC"]
    assert told == "0.75 [0.50 to 0.88], 2 patients"


def test_a_validation_that_is_undefined_is_a_dash_with_its_reason(models):
    assert describe_run(read_run(models / "foreign"), None)["Validation AUROC"].startswith(
        frame.DASH
    )


def test_a_is_blue_and_b_orange():
    assert COLORS[:2] == (MODEL_A, MODEL_B)
    spec = json.dumps(draw_overlay("AUROC", {"A x": MODEL_A}))
    assert MODEL_A in spec


def test_each_measured_value_is_one_point_of_its_run():
    histories = {"A": [{"epoch": 1.0, "loss": 0.5, "val_loss": ""}], "B": []}
    points = gather_points(histories, {"validation": "val_loss", "training": "loss"})
    assert points == [{"run": "A", "epoch": 1, "line": "training", "value": 0.5}]


@pytest.mark.parametrize(
    ("value", "p", "told"),
    [
        (0.1, 0.01, "A is better"),
        (-0.1, 0.01, "B is better"),
        (0.01, 0.05, "No difference is shown"),
        (0.01, 0.01, "Not settled"),
        (0.0, None, "both rank alike"),
        (0.1, None, "too few patients"),
        (None, None, "a class is missing"),
    ],
)
def test_a_paired_difference_is_judged_by_its_interval_and_p(value, p, told):
    low, high = (None, None) if value is None else (value - 0.05, value + 0.05)
    assert told in judge({"difference": {"value": value, "low": low, "high": high}, "delong_p": p})


@pytest.mark.parametrize(
    ("value", "text"),
    [(None, frame.DASH), ([64, 48, 1], "64 x 48 x 1"), (["a", "b"], "a, b"), (0.0005, "0.0005")],
)
def test_a_settings_value_is_written_for_a_person(value, text):
    assert write_value(value) == text


def test_nothing_is_deleted_before_its_name_is_typed(models):
    script = (
        "from mammo_core.runs import find_runs\n"
        "from mammo_ui import run_actions\n"
        "run_actions.ask_deletion(find_runs(['second'])[0])"
    )
    at = AppTest.from_string(script)
    at.query_params["runs"] = ["first", "second"]
    at.session_state["model"] = "second"
    at.run()
    assert at.button[0].disabled
    at.text_input[0].set_value("first").run()
    assert at.button[0].disabled
    at.text_input[0].set_value("second").run()
    at.button[0].click().run()
    assert [run.name for run in list_runs()] == ["first", "foreign", "half"]
    assert at.query_params["runs"] in ("first", ["first"])
    assert at.session_state["model"] == "first"


def test_reference_images_are_told_and_drawn_from_the_models_card(home, monkeypatch):
    started = []
    monkeypatch.setattr("mammo_core.jobs.start_job", lambda *words: started.append(words))
    run_folders.write_run(home / "models" / "only")
    standin_home.write_dataset(home / ".mammo" / "datasets" / "exams", n_patients=3, seed=0)
    at = open_app("models", state={"references_only": True})
    assert "No images are kept as references" in words(at).replace("\\", "")
    next(one for one in at.main.button if one.label == "Keep them with the model").click()
    assert not at.run().exception
    ((_, arguments),) = started
    assert arguments[0] == "background"
    assert arguments[3:] == ["--count", "20", "--split", "test"]
