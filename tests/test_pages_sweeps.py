"""What the Train page says and draws of a sweep."""

import json
import shutil

import pytest
import standin_home
from streamlit.testing.v1 import AppTest

from mammo_core.errors import MammoError
from mammo_core.model_store import file_sha256
from mammo_core.studies import list_studies, read_study, studies_folder
from mammo_core.tuning.summary import caution
from mammo_ui import sweep_charts
from mammo_ui.frame import DASH
from mammo_ui.sweeps import describe_trials, tell_standing

RANGES = {
    "architecture": {"values": ["compact_cnn", "vgg_small"]},
    "learning_rate": {"low": 1e-4, "high": 1e-2, "log": True},
    "dropout": {"low": 0.0, "high": 0.5, "log": False},
}


def make_trial(number, state, curve, **other):
    settings = {"architecture": "vgg_small", "learning_rate": 1e-3, "dropout": 0.1 * number}
    return {
        "number": number,
        "state": state,
        "value": max(curve, default=None),
        "settings": settings,
        "epochs": len(curve),
        "seconds": 2.0,
        "curve": curve,
        "host": "here",
        "model": f"trials/{number}" if state == "complete" else None,
        "reason": None,
        **other,
    }


TRIALS = [
    make_trial(0, "complete", [0.6, 0.7]),
    make_trial(1, "pruned", [0.75]),
    make_trial(2, "failed", [], reason="Not enough memory"),
    make_trial(3, "complete", [0.8, 0.72]),
    make_trial(4, "running", [0.5]),
]


def write_study(name="mias", trials=TRIALS, best=3, importance=None):
    content = {
        "name": name,
        "dataset": "exams",
        "ranges": RANGES,
        "n_trials": 9,
        "trials": trials,
        "importance": importance,
        "best": best,
        "caution": caution(2),
    }
    folder = studies_folder() / name
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "study.json").write_text(json.dumps(content))
    return folder


def write_model(folder):
    """A finished model with a file that its card describes."""
    standin_home.write_card(folder)
    (folder / "model.keras").write_bytes(b"a network")
    card = json.loads((folder / "model.json").read_text())
    card["sha256"] = file_sha256(folder / "model.keras")
    (folder / "model.json").write_text(json.dumps(card))


def draw_study(name):
    from mammo_ui.sweeps import show_study

    show_study(name)


def draw(name="mias"):
    app = AppTest.from_function(draw_study, args=(name,), default_timeout=30)
    app.run()
    assert not app.exception
    return app


def words(app):
    return " ".join(part.value.replace("\\", "") for part in (*app.markdown, *app.caption))


def test_the_best_trial_and_how_far_to_trust_it_come_first(home):
    write_study()
    said = words(draw())
    assert "Best: trial 3, validation AUROC 0.800" in said
    assert "5 of 9 trials: 2 complete, 1 ended early, 1 failed, 1 under way" in said
    assert "optimistic" in said


def test_importance_is_shown_once_it_is_known(home):
    write_study()
    assert "Known from five complete trials on" in words(draw())
    write_study(importance={"dropout": 0.7, "learning_rate": 0.3})
    assert "a rough order at best" in words(draw())


def test_a_study_without_a_complete_trial_offers_no_model(home):
    write_study(trials=TRIALS[4:], best=None)
    app = draw()
    assert "No trial is complete yet." in words(app)
    assert not app.button


def test_a_study_that_has_not_begun_says_so(home):
    assert "being prepared" in draw("nosuch").info[0].value


def test_the_best_trial_becomes_a_model_with_one_click(home):
    write_model(write_study() / "trials" / "3")
    app = draw()
    app.text_input[0].set_value("chosen").run()
    app.button[0].click().run()
    assert not app.exception
    assert "chosen" in app.success[0].value
    card = json.loads((home / "models" / "chosen" / "model.json").read_text())
    assert card["training"]["adopted_from"] == "mias/trials/3"


def test_a_name_that_is_taken_is_told(home):
    write_model(write_study() / "trials" / "3")
    standin_home.write_card(home / "models" / "taken")
    app = draw()
    app.text_input[0].set_value("taken").run()
    app.button[0].click().run()
    assert "taken" in app.error[0].value


def test_studies_are_listed_and_others_are_refused_by_name(home):
    assert list_studies() == []
    write_study("a")
    write_study("b")
    assert sorted(list_studies()) == ["a", "b"]
    shutil.rmtree(studies_folder() / "a")
    with pytest.raises(MammoError, match="Expected the name of a study, got 'a'; there are: b"):
        read_study("a")


def test_the_best_so_far_never_falls_and_counts_complete_trials_alone():
    rows = sweep_charts.history_rows(TRIALS)
    assert [row["trial"] for row in rows] == [0, 1, 3]
    assert [row["best so far"] for row in rows] == [0.7, 0.7, 0.8]


def test_a_trial_passes_every_axis_within_its_ends():
    rows = sweep_charts.parallel_rows(TRIALS, RANGES)
    assert {row["trial"] for row in rows} == {0, 1, 3}
    assert len(rows) == 3 * (len(RANGES) + 1)
    assert all(0 <= row["place"] <= 1 for row in rows)


def test_the_value_axis_ends_at_the_best_and_the_worst_of_the_drawn_trials():
    ends = [
        row for row in sweep_charts.axis_labels(RANGES, TRIALS) if row["axis"] == "Validation AUROC"
    ]
    assert [row["text"] for row in ends] == ["0.700", "0.800"]
    rows = sweep_charts.parallel_rows(TRIALS, RANGES)
    places = {row["trial"]: row["place"] for row in rows if row["axis"] == "Validation AUROC"}
    assert (places[0], places[3]) == (0.0, 1.0)


def test_what_is_not_known_yet_is_a_dash_in_the_table():
    trials = [make_trial(0, "running", [], seconds=None)]
    row = describe_trials(trials)[0]
    assert (row["AUROC"], row["seconds"]) == (DASH, DASH)


@pytest.mark.parametrize(
    ("key", "setting", "place"),
    [
        ("learning_rate", 1e-4, 0.0),
        ("learning_rate", 1e-3, 0.5),
        ("learning_rate", 1e-2, 1.0),
        ("dropout", 0.25, 0.5),
    ],
)
def test_a_number_lies_where_its_scale_says(key, setting, place):
    assert sweep_charts.place_on(RANGES[key], setting, 0) == pytest.approx(place)


def test_categories_share_the_axis_and_never_mix():
    for number in range(50):
        left, right = (
            sweep_charts.place_on(RANGES["architecture"], value, number)
            for value in RANGES["architecture"]["values"]
        )
        assert abs(left - 0.25) <= sweep_charts.SPREAD
        assert abs(right - 0.75) <= sweep_charts.SPREAD


def test_the_table_begins_with_the_best_and_keeps_the_reasons():
    rows = describe_trials(TRIALS)
    assert [row["trial"] for row in rows[:2]] == ["3", "0"]
    assert {row["reason"] for row in rows} == {"", "Not enough memory"}


def test_one_trial_is_counted_in_the_singular():
    study = {"trials": [], "best": None, "n_trials": 1}
    assert "0 of 1 trial:" in tell_standing(study)
