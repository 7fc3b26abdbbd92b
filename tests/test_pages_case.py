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
from mammo_ui import case_badges, casework, frame, library, uploads
from mammo_ui.explanation_choice import GROUPS
from mammo_ui.model_tasks import USUAL_METHODS
from mammo_ui.overlay_store import DrawnExplanation, Measured, Subject, layers_path

pytestmark = pytest.mark.usefixtures("absent_network")


CASE, OTHER = "S00001_LCC", "S00002_LCC"


def listed(at, key):
    """All values of a parameter of the address."""
    value = at.query_params.get(key, [])
    return [value] if isinstance(value, str) else list(value)


@pytest.fixture
def standin(home):
    standin_home.make_home(home)
    return home


def open_case(case=CASE, **view):
    """A case with the choice of methods and of settings unfolded."""
    return open_app("case", state={"methods": True, "settings": True}, case=case, **view)


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


def groups(at):
    """The pills of each group of methods, by the group's key."""
    return {key: at.button_group(key=f"methods_{key}") for key in GROUPS}


def test_every_method_is_offered_once_and_a_dear_one_tells_its_cost(standin):
    offered = {key: box.options for key, box in groups(open_case()).items()}
    assert sum(map(len, offered.values())) == len(METHODS)
    assert {"RISE, 500 passes", "LIME, 300 passes"} <= set(offered["dear"])
    assert {"Random", "Edges", "Center"} <= set(offered["control"])
    assert "Grad-CAM" in offered["quick"]


def test_a_dear_method_waits_for_a_click_that_says_what_it_costs(standin):
    at = open_app("case", case=CASE, method=["rise", "lime"])
    (button,) = [b for b in at.button if b.label.startswith("Compute")]
    assert "RISE, LIME" in button.label
    assert f"{METHODS['rise'].cost + METHODS['lime'].cost:,}" in button.label


def test_layers_can_be_chosen_once_the_model_was_loaded_and_by_methods_that_look_into_one(standin):
    def labels(*methods):
        at = open_app("case", case=CASE, method=list(methods))
        return {box.label for box in at.multiselect}

    assert "Layer" not in labels("grad_cam")
    write_json(layers_path(library.find_model("demo")), ["conv_1", "conv_2"])
    assert "Layer" in labels("grad_cam")
    assert "Layer" not in labels("saliency")


VIEW = {
    "method": ["rise", "integrated_gradients"],
    "setting": ["rise.masks=40", "integrated_gradients.baseline=blurred"],
    "class": ["normal vs benign"],
}


def test_the_view_in_the_address_is_shown_and_goes_on_to_the_next_case(standin):
    at = open_case(**VIEW)
    assert groups(at)["dear"].value == VIEW["method"]
    assert at.number_input(key="setting/rise.masks").value == 40
    assert at.selectbox(key="setting/integrated_gradients.baseline").value == "blurred"
    at.button(key="walk_Next").click().run()
    assert not at.exception
    assert asked(at, "case") != CASE
    assert {name: listed(at, name) for name in VIEW} == VIEW


def test_choosing_methods_and_settings_writes_the_address_and_what_is_usual_leaves_it(standin):
    at = open_case(method=["rise"])
    at.number_input(key="setting/rise.masks").set_value(30).run()
    assert listed(at, "setting") == ["rise.masks=30"]
    groups(at)["dear"].set_value(["lime"]).run()
    assert listed(at, "method") == ["lime"]
    assert not listed(at, "setting")
    groups(at)["dear"].set_value([]).run()
    assert listed(at, "method") == ["none"]
    groups(at)["quick"].set_value(list(USUAL_METHODS[:3])).run()
    groups(at)["dear"].set_value(list(USUAL_METHODS[3:])).run()
    assert not listed(at, "method")


def test_a_setting_that_cannot_be_is_told_and_not_taken(standin):
    at = open_case(method=["rise"], setting=["rise.masks=40"])
    at.number_input(key="setting/rise.masks").set_value(-3).run()
    assert any("masks" in error.value for error in at.error)
    assert listed(at, "setting") == ["rise.masks=40"]


IN_VAIN = {
    "method": ["grad_cam", "grad_can", "rise"],
    "class": ["nonsense"],
    "layer": ["conv_9", "conv_1"],
    "tab": ["Explain"],
    "setting": [
        *("rise", "rise=3", "rise.masks=few", "rise.masks=30", "rise.masks=-1"),
        *("grad_cam.layer=conv_1", "lime.samples=9"),
    ],
}
COMPLAINTS = (
    "method 'grad_can', which there is not; did you mean 'grad_cam'?",
    "class 'nonsense'",
    "tab 'Explain', which there is not; did you mean 'Explanations'?",
    "layer 'conv_9'",
    "Expected key=value",
    "Expected METHOD.SETTING=VALUE",
    "must be of type int, got 'few'",
    "grad_cam has no setting 'layer' here; it has none",
    "lime is not among the methods",
    "rise: Expected",
)


def test_what_the_address_asks_for_in_vain_is_told_and_the_rest_is_shown(standin):
    write_json(layers_path(library.find_model("demo")), ["conv_1", "conv_2"])
    at = open_case(**IN_VAIN)
    told = words(at).replace("\\", "")
    assert [one for one in COMPLAINTS if one not in told] == []
    assert at.multiselect(key="layers").value == ["conv_1"]
    assert at.number_input(key="setting/rise.masks").value == 30
    assert class_box(at).value in class_box(at).options


def test_an_open_tab_stands_in_the_address_and_an_address_opens_its_tab(standin):
    at = open_app("case", case=CASE, tab="Export")
    assert offers_zip(at)
    at.query_params.clear()
    at.query_params["case"] = CASE
    at.run()
    assert not offers_zip(at)


def offers_zip(at):
    return any(button.label.endswith("as one zip") for button in at.button)


def test_another_case_without_a_view_of_its_own_is_looked_at_like_the_last_one(standin):
    at = open_app("case", case=CASE, method=["rise"])
    at.query_params.clear()
    at.query_params["case"] = OTHER
    at.run()
    assert listed(at, "method") == ["rise"]
    at.query_params.clear()
    at.query_params["case"] = OTHER
    at.run()
    assert not listed(at, "method")


def test_a_model_that_was_not_audited_says_so_and_leads_to_the_audit(standin):
    at = open_app("case", case=CASE, method=["rise"])
    assert "not audited yet on demo" in words(at)
    assert "to_audit" in {button.key for button in at.button}


@pytest.mark.parametrize("level", ["believe", "caution", "doubt"])
def test_a_badge_says_what_it_was_measured_on_and_tells_its_level_without_color(level):
    badge = Badge("grad_cam", level, "beats edges on the lesion", 24, "exams", is_synthetic=True)
    chip = case_badges.write_badge(badge)
    assert chip.standing == level
    assert chip.text.endswith(level)
    assert "24 synthetic images of exams" in chip.help
    assert "predicted classes" not in chip.help
    assert "predicted classes" in case_badges.write_badge(badge, is_predicted=False).help


BELIEVED = {"grad_cam": Badge("grad_cam", "believe", "on the lesion", 24, "exams")}


def subject_of(layers=(), settings=()):
    return Subject(None, None, CASE, "malignant", layers, settings)


@pytest.mark.parametrize("changed", [{"layers": ("conv_1",)}, {"settings": ("grad_cam.a=1",)}])
def test_no_verdict_stands_beside_a_map_of_other_layers_or_settings_than_were_audited(changed):
    usual = case_badges.choose_badge(subject_of(), "grad_cam", BELIEVED, "malignant")
    other = case_badges.choose_badge(subject_of(**changed), "grad_cam", BELIEVED, "malignant")
    assert usual.standing == "believe"
    assert (other.text, other.standing) == ("not audited", "unaudited")
    assert other.help


@pytest.mark.parametrize(
    ("inside", "lesion", "said"),
    [(0.3, 0.5, "outside the breast"), (0.95, 0.0, "lesion"), (0.95, 0.5, None)],
)
def test_a_believed_method_whose_map_lies_elsewhere_is_told_of_this_image(inside, lesion, said):
    evidence = {
        "in_breast": Measured(inside, {}),
        "energy_pointing": Measured(lesion, {"edges": 0.1}),
    }
    drawn = {"grad_cam": DrawnExplanation("grad_cam", "malignant", evidence=evidence)}
    told = case_badges.tell_disagreements(subject_of(), drawn, BELIEVED)
    assert [said in line for line in told] == ([] if said is None else [True])


def test_a_score_that_looks_like_the_threshold_is_told_to_one_digit_more():
    assert casework.tell_outcome("TN", 0.1874, 0.1931) == "TN at 0.193, score 0.187"
    assert casework.tell_outcome("TN", 0.12, 0.1931) == "TN at 0.19"


def test_an_upload_is_known_as_synthetic_by_its_header_alone(standin):
    ours = next((REPOSITORY / "sample_data" / "dicom").rglob("*.dcm"))
    picture = next((standin / ".mammo" / "datasets" / "exams" / "images").glob("S*.png"))
    looks = [uploads.look_at(uploads.receive(p.name, p.read_bytes())) for p in (ours, picture)]
    assert [look.is_ours for look in looks] == [True, False]
