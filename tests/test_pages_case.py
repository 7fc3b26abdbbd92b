"""The Case page's address, and what an upload is known as."""

import re

import pytest
import standin_home
from made_cards import make_card
from page_runs import asked, open_app, words

from mammo_core.attribution import METHODS
from mammo_core.audit.badges import Badge
from mammo_core.model_store import StoredModel
from mammo_core.paths import REPOSITORY, write_json
from mammo_core.predictions import read_predictions
from mammo_ui import casework, explanation_choice, frame, library, uploads
from mammo_ui.overlay_store import layers_path

pytestmark = pytest.mark.usefixtures("absent_network")


@pytest.fixture
def standin(home):
    standin_home.make_home(home)
    return home


def class_box(at):
    return next(box for box in at.main.selectbox if box.label == "Evidence for the class")


def test_the_class_in_the_address_is_explained_else_the_predicted_one(standin):
    table = read_predictions(standin / "models" / "demo" / "predictions" / "exams.parquet")
    first, said = table.frame["image_id"].iloc[0], table.classes[int(table.predicted[0])]
    other = next(name for name in table.classes if name != said)
    assert class_box(open_app("case", case=first)).value == said
    assert class_box(open_app("case", case=first, **{"class": other})).value == other
    assert class_box(open_app("case", case=first, **{"class": "nonsense"})).value == said


def test_the_outcome_tells_the_threshold_that_it_is_judged_at(standin):
    told = words(open_app("case", case="S00001_LCC", threshold="0.19"))
    assert re.search(r"\b(TP|FP|FN|TN) at 0\.19", told)


def test_only_a_model_of_two_views_says_which_half_its_maps_are(tmp_path):
    told = {
        views: casework.tell_how_to_read(StoredModel(tmp_path / "tv", make_card(views=views)))
        for views in ((), ("CC", "MLO"))
    }
    assert "half" not in told[()]
    assert "tv judges CC and MLO of a breast together" in told["CC", "MLO"]


def test_an_image_in_the_address_is_the_case_and_an_unknown_one_is_told(standin):
    assert frame.plain("S00001_LCC") in words(open_app("case", image="S00001_LCC"))
    assert "There is no case" in words(open_app("case", image="S09999_LCC"))


def test_choosing_a_class_writes_it_into_the_address(standin):
    at = open_app("case", case="S00001_LCC")
    box = class_box(at)
    other = next(name for name in box.options if name != box.value)
    box.set_value(other).run()
    assert asked(at, "class") == other
    assert class_box(at).value == other


def test_a_difference_of_two_classes_in_the_address_is_explained(standin):
    at = open_app("case", case="S00005_LCC", **{"class": "malignant vs benign"})
    assert class_box(at).value == "malignant vs benign"
    assert len(class_box(at).options) == 3 + 3 * 2


def test_quick_methods_are_offered_first_and_controls_last(standin):
    box = open_app("case", case="S00001_LCC").multiselect(key="methods")
    kinds = [
        2 if ", control" in label else 1 if label.endswith(" passes") else 0
        for label in box.options
    ]
    assert kinds == sorted(kinds)
    assert set(kinds) == {0, 1, 2}
    assert len(kinds) == len(METHODS)


def test_a_dear_method_waits_for_a_click_that_says_what_it_costs(standin):
    at = open_app("case", case="S00001_LCC", state={"methods": ["rise", "lime"]})
    (button,) = [b for b in at.button if b.label.startswith("Compute")]
    assert "RISE, LIME" in button.label
    assert f"{METHODS['rise'].cost + METHODS['lime'].cost:,}" in button.label


def test_layers_can_be_chosen_once_the_model_was_loaded_and_by_methods_that_look_into_one(standin):
    def labels(*methods):
        state = {"methods": list(methods)}
        return {box.label for box in open_app("case", case="S00001_LCC", state=state).multiselect}

    assert "Layer" not in labels("grad_cam")
    write_json(layers_path(library.find_model("demo")), ["conv_1", "conv_2"])
    assert "Layer" in labels("grad_cam")
    assert "Layer" not in labels("saliency")


def test_a_model_that_was_not_audited_says_so_and_leads_to_the_audit(standin):
    at = open_app("case", case="S00001_LCC", state={"methods": ["rise"]})
    assert "not audited yet on demo" in words(at)
    assert "to_audit" in {button.key for button in at.button}


@pytest.mark.parametrize("level", ["believe", "caution", "doubt"])
def test_a_badge_says_what_it_was_measured_on_and_tells_its_level_without_color(level):
    badge = Badge("grad_cam", level, "beats edges on the lesion", 24, "exams", is_synthetic=True)
    chip = explanation_choice.write_badge(badge)
    assert chip.standing == level
    assert chip.text.endswith(level)
    assert "24 synthetic images of exams" in chip.help


def test_an_upload_is_known_as_synthetic_by_its_header_alone(standin):
    ours = next((REPOSITORY / "sample_data" / "dicom").rglob("*.dcm"))
    picture = next((standin / ".mammo" / "datasets" / "exams" / "images").glob("S*.png"))
    looks = [uploads.look_at(uploads.receive(p.name, p.read_bytes())) for p in (ours, picture)]
    assert [look.is_ours for look in looks] == [True, False]
