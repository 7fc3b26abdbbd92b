"""The card says what a model is and what it was measured to do."""

from made_cards import make_card

from mammo_core.model_card import render_card, write_card
from mammo_core.model_store import StoredModel
from mammo_core.paths import write_json


def make_model(folder):
    return StoredModel(folder / "mine", make_card())


def test_it_says_that_it_is_not_for_diagnosis(tmp_path):
    assert "must not be used for diagnosis" in render_card(make_model(tmp_path))


def test_it_shows_data_settings_and_validation(tmp_path):
    text = render_card(make_model(tmp_path))
    assert "| train images | normal 3 |" in text
    assert "| auroc | 0.8765 |" in text
    assert "| recipe | a\\|b |" in text


def test_measured_numbers_come_from_the_kept_evaluations(tmp_path):
    model = make_model(tmp_path)
    estimate = {"value": 0.5, "low": 0.25, "high": 0.75}
    undefined = {"value": None, "low": None, "high": None}
    answer = {
        "n": 8,
        "patients": 2,
        "split": "test",
        "level": "breast",
        "positive": "malignant",
        "per_class": {"malignant": {"auroc": estimate}},
        "balanced_accuracy": undefined,
        "calibration": {"brier": estimate},
    }
    path = model.path / "evaluations" / "films.test.breast.mean.json"
    write_json(path, {"answer": answer})
    write_card(model)
    row = "| films | test, breast | 8, 2 | malignant: 0.50 [0.25 to 0.75] | undefined |"
    assert row in (model.path / "card.md").read_text()
