"""The card says what a model is and what it was measured to do."""

import html
import re
import shlex

import pytest
import run_folders
from made_cards import make_card
from markdown_it import MarkdownIt

from mammo_core.card_limits import list_limits
from mammo_core.config import parse_assignments, read_settings
from mammo_core.errors import BadConfiguration
from mammo_core.model_card import list_sections, render_card, write_card
from mammo_core.model_store import StoredModel, read_model
from mammo_core.paths import REPOSITORY, write_json
from mammo_core.training.configuration import TrainingConfiguration, list_settings
from mammo_core.verbs.train import read_toml

MARKDOWN = MarkdownIt("commonmark").enable(["table", "strikethrough"])
LARGE = {"image_size": (320, 192)}
"""Room for a patch."""


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


def test_the_command_on_the_card_repeats_the_very_settings(tmp_path):
    asked = TrainingConfiguration(
        recipe="whole_image", image_size=(64, 48), patches_a_lesion=(1, 4), augmentation="none"
    )
    run_folders.write_run(tmp_path / "mine", **vars(asked))
    sections = {one.title: one for one in list_sections(read_model(tmp_path / "mine"))}
    section = sections["How it was made"]
    words = shlex.split(section.command)
    assert words[:6] == ["python", "-m", "mammo_core", "train", "films", "--out"]
    assignments = parse_assignments(words[words.index("--set") + 1 :: 2])
    assert read_settings(TrainingConfiguration, assignments) == asked


def test_the_note_of_a_training_is_on_its_card_and_in_its_command(tmp_path):
    run_folders.write_run(tmp_path / "mine", training={"note": "For the seminar, week 3"})
    sections = {one.title: one for one in list_sections(read_model(tmp_path / "mine"))}
    assert sections["Note"].words == "For the seminar, week 3"
    assert "note=For the seminar, week 3" in shlex.split(sections["How it was made"].command)


def test_a_card_without_a_note_has_no_place_for_one(tmp_path):
    run_folders.write_run(tmp_path / "mine")
    assert "ote" not in {one.title[1:] for one in list_sections(read_model(tmp_path / "mine"))}


@pytest.mark.parametrize(
    "note",
    [
        "<script>alert(1)</script> & <b>bold</b>",
        "# A heading",
        "1. A list",
        "- A list, *bold*, _slanted_, `code`, ~~gone~~",
        "![picture](https://example.org/a.png) www.example.org",
        "```\n\n# A heading\n\n| a | b |",
        "a\\*b",
    ],
)
def test_a_note_is_shown_letter_by_letter(tmp_path, note):
    run_folders.write_run(tmp_path / "mine", training={"note": note})
    text = render_card(read_model(tmp_path / "mine"))
    quotation = next(line for line in text.splitlines() if line.startswith("> "))
    shown = MARKDOWN.render(quotation)
    assert html.unescape(re.sub("</?(blockquote|p)>", "", shown)).strip() == " ".join(note.split())
    assert text.count("\n# ") == 0


def test_a_note_decides_nothing_about_a_training():
    with_note = TrainingConfiguration(note="For the seminar")
    assert list_settings(with_note) == list_settings(TrainingConfiguration())
    with pytest.raises(BadConfiguration, match="'note' must be at most 300 letters"):
        TrainingConfiguration(note="x" * 301)


def test_the_model_that_takes_a_shortcut_says_so_as_its_settings_do():
    model = read_model(REPOSITORY / "models" / "demo-shortcut")
    assert "shortcut on purpose" in model.note
    assert model.note == read_toml(REPOSITORY / "models" / "demo-shortcut.toml")["note"]
    assert model.note in (model.path / "card.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("recipe", "absent"),
    [("whole_image", ("patch", "head_", "upper_")), ("patch_to_image", ("head_", "upper_"))],
)
def test_every_setting_that_played_a_part_is_on_the_card_and_no_other(tmp_path, recipe, absent):
    run_folders.write_run(tmp_path / "mine", recipe=recipe, **LARGE)
    text = render_card(read_model(tmp_path / "mine"))
    for key in list_settings(TrainingConfiguration()):
        plays_no_part = key.startswith((*absent, "focal_"))
        assert (f"| {key} |" in text) != plays_no_part


def test_a_best_epoch_that_exceeds_the_epochs_says_what_it_counts(tmp_path):
    training = {"patch_epochs": 40, "epochs": 10, "best_epoch": 47}
    run_folders.write_run(tmp_path / "mine", recipe="patch_to_image", training=training, **LARGE)
    assert "| best_epoch | 47, those on patches counted |" in render_card(
        read_model(tmp_path / "mine")
    )


def test_the_command_to_evaluate_names_the_models_own_data(tmp_path):
    run_folders.write_run(tmp_path / "mine")
    assert "evaluate mine films\n" in render_card(read_model(tmp_path / "mine"))


def test_what_came_from_elsewhere_says_what_is_not_known(tmp_path):
    run_folders.write_import(tmp_path / "foreign")
    text = render_card(read_model(tmp_path / "foreign"))
    assert "trained elsewhere" in text
    assert "images of a test set may be among them" in text
    assert "python -m mammo_core train" not in text


def limits(folder, **changes):
    run_folders.write_run(folder, **changes)
    return " ".join(list_limits(read_model(folder)))


def test_a_model_without_a_test_says_that_nobody_knows_how_good_it_is(tmp_path):
    assert "never evaluated on test images" in limits(tmp_path / "a")


@pytest.mark.parametrize(("low", "high", "told"), [(0.5, 0.9, True), (0.85, 0.9, False)])
def test_a_wide_interval_is_told_as_a_limit(tmp_path, low, high, told):
    run_folders.write_run(tmp_path / "a")
    estimate = {"value": 0.88, "low": low, "high": high}
    run_folders.write_evaluation(tmp_path / "a", estimate)
    found = " ".join(list_limits(read_model(tmp_path / "a")))
    assert ("may lie anywhere from" in found) == told
    assert "evaluated on films alone" in found
    assert "never evaluated" not in found


def test_a_small_input_and_few_cancers_are_limits(tmp_path):
    images = {"train": {"normal": 90, "malignant": 10}}
    found = limits(tmp_path / "a", dataset={"images": images, "synthetic": True})
    assert "64 rows: fine calcifications are lost" in found
    assert "malignant from 10 images" in found
    assert "10% are malignant" in found
    assert "synthetic images only" in found
