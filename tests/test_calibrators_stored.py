"""Calibrators beside their model: kept as numbers, of one network, judged apart from its own."""

import json
import re
from types import SimpleNamespace

import numpy as np
import pytest
from made_cards import make_card
from prediction_rows import CLASSES, make_predictions

from mammo_core.calibrators.stored import (
    calibrate_model,
    calibration_path,
    find_fit,
    read_fits,
)
from mammo_core.calibrators.validation_rows import read_dataset_rows, read_kept_rows
from mammo_core.errors import BadConfiguration, BadModel, BadTable, MammoError
from mammo_core.headlines import tell_headline
from mammo_core.model_card import render_card
from mammo_core.model_store import StoredModel, predictions_path
from mammo_core.plain_text import format_estimate
from mammo_core.predictions import read_predictions, write_predictions
from mammo_core.run_comparison import VALIDATION
from mammo_core.verbs.calibrate import calibrate
from mammo_core.verbs.evaluate import evaluate

NETWORK = {"model_sha256": "m1", "dataset_fingerprint": "d1"}


@pytest.fixture
def model(tmp_path, home, monkeypatch):
    """A model with kept validation rows and predictions of a dataset's val and test."""
    folder = tmp_path / "model"
    folder.mkdir()
    (folder / "model.keras").write_bytes(b"")
    card = make_card(sha256="m1", threshold=0.3, classes=list(CLASSES))
    (folder / "model.json").write_text(json.dumps(card))
    write_predictions(folder / VALIDATION, of_split("val", 40), {**NETWORK, "split": "val"})
    rows = of_split("test", 40, seed=2)
    rows.loc[rows.index[:60], "split"] = "val"
    stored = StoredModel(folder, card)
    write_predictions(predictions_path(stored, "screening"), rows, {**NETWORK, "split": "all"})
    data = {
        "screening": SimpleNamespace(
            name="screening", version="d1", fingerprint="other", index=rows
        ),
        "films": SimpleNamespace(name="films", version="d1", fingerprint="f", index=rows),
    }
    monkeypatch.setattr("mammo_core.datasets.load_dataset", data.__getitem__)
    return stored


def of_split(split, n_patients, seed=1):
    """Rows whose probabilities are far too sure of themselves."""
    frame = make_predictions(n_patients, seed=seed)
    columns = [f"p_{name}" for name in CLASSES]
    powers = frame[columns].to_numpy() ** 3
    frame[columns] = powers / powers.sum(axis=1, keepdims=True)
    return frame.assign(split=split)


def test_a_fit_is_read_back_as_it_was_made(model):
    answer = calibrate_model(model, read_kept_rows(model), "platt", bootstrap=0)
    fit = read_fits(model)["platt"]
    assert (fit.calibrator.slope, fit.calibrator.intercept) == (
        answer["fitted"]["slope"],
        answer["fitted"]["intercept"],
    )
    assert (fit.dataset, fit.split, answer["n"]) == ("films", "val", 160)
    assert json.dumps(answer, allow_nan=False)


def test_the_command_line_begins_with_what_a_fit_did(model):
    answer = calibrate(str(model.path), method="platt", bootstrap=20)
    first, second, _ = tell_headline("calibrate", answer)
    assert first == "Fitted (platt) on 160 images of 40 patients, split val"
    assert format_estimate(answer["after"]["ece"]) in second


def test_each_method_keeps_its_place_beside_the_others(model):
    rows = read_kept_rows(model)
    for method in ("platt", "temperature", "platt"):
        calibrate_model(model, rows, method, bootstrap=0)
    assert set(read_fits(model)) == {"platt", "temperature"}


def test_the_card_lists_each_calibrator_and_what_it_changed(model):
    assert "Calibrators" not in render_card(model)
    answer = calibrate_model(model, read_kept_rows(model), "platt", bootstrap=20)
    calibrate_model(model, read_kept_rows(model), "temperature", bootstrap=0)
    kept = (model.path / "card.md").read_text()
    assert kept == render_card(model)
    rows = [line for line in kept.splitlines() if line.startswith(("| temperature |", "| platt |"))]
    assert len(rows) == 2
    (platt,) = (row for row in rows if "platt" in row)
    for when in ("before", "after"):
        assert format_estimate(answer[when]["ece"]) in platt
    assert "| films, val | 160, 40 |" in platt


@pytest.mark.parametrize("content", ["{", '{"model_sha256": "m1", "fits": {"platt": {}}}'])
def test_a_damaged_calibrator_leaves_the_card_its_other_parts(model, content):
    calibration_path(model).write_text(content)
    text = render_card(model)
    assert "calibration.json beside the model is damaged" in text
    assert "## Measured" in text


def test_calibrators_of_another_network_are_none(model):
    calibrate_model(model, read_kept_rows(model), "platt", bootstrap=0)
    retrained = StoredModel(model.path, {**model.card, "sha256": "m2"})
    assert read_fits(retrained) == {}
    assert "Calibrators" not in render_card(retrained)
    with pytest.raises(BadConfiguration, match="calibrate"):
        find_fit(retrained, "platt")


def test_kept_rows_of_another_network_are_refused(model):
    retrained = StoredModel(model.path, {**model.card, "sha256": "m2"})
    with pytest.raises(BadModel, match="another network"):
        read_kept_rows(retrained)


def test_without_kept_rows_a_dataset_is_asked_for(model):
    (model.path / VALIDATION).unlink()
    with pytest.raises(BadModel, match="DATASET"):
        read_kept_rows(model)


def test_a_dataset_without_validation_rows_names_those_of_the_training(model):
    with pytest.raises(BadTable, match=r"leave out the dataset .* calibrate model$"):
        read_dataset_rows(model, "screening", "dev")
    (model.path / VALIDATION).unlink()
    with pytest.raises(BadTable, match="name a dataset with labeled validation images"):
        read_dataset_rows(model, "screening", "dev")


@pytest.mark.parametrize("split", ["test", "all"])
def test_the_models_own_test_set_is_never_fitted_on(model, split):
    with pytest.raises(MammoError, match="take val"):
        read_dataset_rows(model, "films", split)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda text: "",
        lambda text: "[]",
        lambda text: '{"model_sha256": "m1"}',
        lambda text: text.replace('"slope":', '"slop":'),
        lambda text: text.replace('"positive": 2', '"positive": 7'),
        lambda text: text.replace('"platt"', '"beta"'),
        lambda text: text.replace('"threshold":', '"thresh":'),
        *(
            lambda text, value=value: re.sub(
                r'"threshold": [^,}\s]+', f'"threshold": {value}', text
            )
            for value in ("NaN", "99", "-0.1", "Infinity", '"high"')
        ),
    ],
)
def test_a_damaged_file_is_told_of_and_never_used(model, spoil):
    calibrate_model(model, read_kept_rows(model), "platt", bootstrap=0)
    path = calibration_path(model)
    path.write_text(spoil(path.read_text()))
    with pytest.raises(BadModel, match="damaged"):
        read_fits(model)


def test_judging_calibrated_probabilities_says_so_and_is_kept_apart(model):
    calibrate(str(model.path), method="platt", bootstrap=0)
    own = evaluate(str(model.path), "screening", bootstrap=20)
    answer = evaluate(str(model.path), "screening", bootstrap=20, calibrated="platt")
    assert "calibrated" not in own
    assert (answer["calibrated"]["method"], answer["calibrated"]["dataset"]) == ("platt", "films")
    assert answer["calibration"]["brier"] != own["calibration"]["brier"]
    assert answer["calibration"]["slope"]["value"] > own["calibration"]["slope"]["value"]
    aurocs = [one["per_class"]["malignant"]["auroc"]["value"] for one in (own, answer)]
    assert aurocs[0] == pytest.approx(aurocs[1])
    again = evaluate(str(model.path), "screening", bootstrap=20)
    assert again["calibration"] == own["calibration"]
    kept = {path.name for path in (model.path / "evaluations").glob("*.json")}
    assert kept == {f"screening.test.image.mean{part}.json" for part in ("", ".platt")}


def test_a_new_fit_is_judged_anew(model):
    calibrate(str(model.path), method="platt", bootstrap=0)
    first = evaluate(str(model.path), "screening", bootstrap=0, calibrated="platt")
    calibrate(str(model.path), "screening", method="platt", bootstrap=0)
    second = evaluate(str(model.path), "screening", bootstrap=0, calibrated="platt")
    assert first["calibration"]["brier"] != second["calibration"]["brier"]


def test_the_models_own_point_calls_the_same_fitted_images(model):
    answer = calibrate(str(model.path), method="platt", bootstrap=0)
    rows = read_kept_rows(model).table.probabilities
    after = find_fit(model, "platt").calibrator.apply(rows)
    assert ((after[:, 2] >= answer["threshold"]) == (rows[:, 2] >= 0.3)).all()


def test_judging_the_fitted_images_brings_a_warning(model):
    calibrate(str(model.path), "screening", method="temperature", bootstrap=0)
    options = {"bootstrap": 0, "calibrated": "temperature"}
    for split, flatters in (("val", True), ("all", True), ("test", False)):
        told = evaluate(str(model.path), "screening", split=split, **options)["warnings"]
        assert any("flatter" in warning for warning in told) is flatters


def test_a_fit_on_test_images_says_so_wherever_it_is_judged(model):
    answer = calibrate(str(model.path), "screening", split="test", bootstrap=0)
    assert any("test images" in warning for warning in answer["warnings"])
    told = evaluate(str(model.path), "screening", bootstrap=0, calibrated="temperature")["warnings"]
    assert any("test images" in warning for warning in told)


def test_an_unfitted_calibrator_says_how_to_fit_it(model):
    with pytest.raises(BadConfiguration, match="python -m mammo_core calibrate"):
        evaluate(str(model.path), "screening", calibrated="platt")


def test_a_bare_table_is_calibrated_whole(tmp_path, model):
    source, out = predictions_path(model, "screening"), tmp_path / "calibrated.parquet"
    answer = calibrate(predictions=source, out=out, method="temperature", bootstrap=0)
    assert (answer["n"], answer["split"], answer["table"]) == (60, "val", str(out))
    before, after = read_predictions(source), read_predictions(out)
    assert after.frame["image_id"].tolist() == before.frame["image_id"].tolist()
    assert (after.predicted == before.predicted).all()
    assert not np.allclose(after.probabilities, before.probabilities)
    assert evaluate(predictions=out, bootstrap=0)["n"] == 100


@pytest.mark.parametrize("name", ["table.csv", "screening.parquet"])
def test_a_table_is_written_to_another_parquet_file_only(model, name):
    source = predictions_path(model, "screening")
    with pytest.raises(BadConfiguration, match="another file"):
        calibrate(predictions=source, out=source.with_name(name))


@pytest.mark.parametrize(
    "options",
    [{}, {"predictions": "a.csv"}, {"model": "demo", "predictions": "a.csv", "out": "b.parquet"}],
)
def test_it_needs_a_model_or_a_table_with_a_place_to_go(options):
    with pytest.raises(BadConfiguration, match="--predictions FILE with --out FILE"):
        calibrate(**options)


def test_a_table_has_no_calibrators_to_be_judged_by(model):
    with pytest.raises(BadConfiguration, match="with a model only"):
        evaluate(predictions=predictions_path(model, "screening"), calibrated="platt")
