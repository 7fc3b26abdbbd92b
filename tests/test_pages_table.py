"""A table of predictions on the pages: taken in by the form, judged everywhere, run nowhere."""

import pytest
import standin_home
from page_runs import open_app, words
from prediction_rows import CLASSES, make_predictions
from test_pages import NAMES

from mammo_core.datasets import load_dataset
from mammo_core.errors import BadTable, MammoError
from mammo_core.jobs import list_jobs
from mammo_core.model_store import make_default
from mammo_core.table_models.adoption import TableImport, adopt_table
from mammo_core.table_models.header import BEGINNING, check_header
from mammo_core.table_models.spelling import Spelling
from mammo_core.verbs.calibrate import calibrate
from mammo_core.verbs.conformal import conformal
from mammo_ui import table_adoption

pytestmark = pytest.mark.usefixtures("absent_network")
P = [f"p_{name}" for name in CLASSES]


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("MAMMO_HOME", str(tmp_path))
    return tmp_path


@pytest.fixture
def theirs(home):
    """A home with nothing but a table from elsewhere."""
    make_predictions(6).to_csv(home / "t.csv", index=False)
    adopt_table(TableImport(file=home / "t.csv"), "theirs")
    return home


def on_real_pictures(home):
    """The table of a dataset that has pictures."""
    index = standin_home.write_dataset(home / ".mammo" / "datasets" / "exams", 2, 0)
    frame = make_predictions(2)[P].assign(image_id=index["image_id"])
    frame.to_csv(home / "p.csv", index=False)
    adopt_table(TableImport(file=home / "p.csv"), "pictured", load_dataset("exams"))
    make_default("pictured")


@pytest.mark.parametrize("name", NAMES)
def test_every_page_copes_with_a_table_alone(theirs, name):
    at = open_app(name)
    assert not at.exception
    assert not [one.value for one in at.error]


@pytest.mark.parametrize(
    ("tab", "way"), [("Calibration", "calibrate"), ("Uncertainty", "conformal")]
)
def test_a_tab_that_needs_validation_rows_advises_what_a_table_can_do(theirs, tab, way):
    at = open_app("evaluate", state={"evaluate_tab": tab})
    assert "Bring the table again with a column split" in words(at)
    (command,) = [one.value for one in at.code if f"mammo_core {way}" in one.value]
    assert "--predictions" in command
    assert "theirs" not in command
    assert "Predict a dataset" not in words(at)
    assert "predict it with one" not in words(at)


def test_a_table_that_tells_its_validation_rows_can_be_calibrated(home):
    frame = make_predictions(40)
    frame["split"] = ["val" if int(k[1:]) % 2 else "test" for k in frame["patient_id"]]
    frame.to_csv(home / "t.csv", index=False)
    adopt_table(TableImport(file=home / "t.csv"), "theirs")
    at = open_app("evaluate", state={"evaluate_tab": "Calibration"})
    at.button(key="fit_chosen").click().run()
    assert not at.exception
    assert "After: reliability" in words(at)


def test_a_table_without_validation_rows_is_told_what_works(theirs):
    for asked in ({}, {"dataset": "theirs"}):
        with pytest.raises(
            MammoError, match=r"adopt-table, or as it is by calibrate --predictions"
        ):
            calibrate("theirs", **asked)
    with pytest.raises(BadTable, match="--predictions FILE --calibration VALIDATION_FILE"):
        conformal("theirs", "theirs")


def test_the_case_page_says_that_nothing_can_be_explained(theirs):
    at = open_app("case", case="i0003")
    assert "only a table of predictions" in words(at)
    assert "there are no pictures" in words(at)


def test_the_case_page_shows_the_picture_where_there_is_one(home):
    on_real_pictures(home)
    at = open_app("case", case="S00000_RCC")
    assert not at.exception
    assert "only a table of predictions" in words(at)
    assert "there are no pictures" not in words(at)


def test_the_predict_page_asks_for_another_model(theirs):
    at = open_app("predict")
    assert "no network that could be asked" in words(at)


def test_another_dataset_leads_back_to_the_tables_own(theirs):
    standin_home.write_dataset(theirs / ".mammo" / "datasets" / "exams", 2, 0)
    at = open_app("evaluate", dataset="exams")
    assert "It tells of theirs" in words(at).replace("\\", "")
    next(one for one in at.button if one.label == "Choose theirs").click().run()
    assert at.session_state["choice"].dataset == "theirs"


@pytest.fixture
def network(theirs):
    """The same home with a network of the table's classes, too."""
    standin_home.make_home(theirs)
    return {"model": "theirs", "dataset": "theirs"}


def test_no_network_is_held_against_a_table_without_pictures(network):
    at = open_app("compare", **network)
    assert "bring a second table" in words(at)
    assert any("--dataset theirs" in one.value for one in at.code)
    assert "Predict now" not in [one.label for one in at.button]
    next(one for one in at.button if one.label == "Bring a table").click().run()
    assert "Take it in" in [one.label for one in at.main.button]
    told = words(open_app("compare", **network, b="demo")).replace("\\", "")
    assert "bring a second table" in told


def test_a_second_table_of_the_same_images_is_the_other(network, theirs):
    make_predictions(6, seed=2)[[*P, "image_id"]].to_csv(theirs / "u.csv", index=False)
    adopt_table(TableImport(file=theirs / "u.csv"), "second", load_dataset("theirs"))
    at = open_app("compare", **network, b="demo")
    assert at.selectbox(key="b").options == ["second"]
    assert "demo cannot be compared here" in words(at)


def test_a_network_is_not_offered_to_run_where_there_are_no_pictures(network):
    at = open_app("evaluate", model="demo", dataset="theirs")
    assert "theirs has no pictures" in words(at)
    assert "Predict now" not in [one.label for one in at.button]


def test_each_user_sees_only_the_fields_of_what_is_brought(home):
    for kind, own, other in (
        ("A Keras network", "Import it", "Take it in"),
        ("A table of predictions", "Take it in", "Import it"),
    ):
        labels = [
            one.label for one in open_app("models", part="Import a model", bring=kind).main.button
        ]
        assert own in labels
        assert other not in labels


@pytest.mark.parametrize(
    ("columns", "typed", "error"),
    [
        ({"image_id": "image"}, {}, "Expected a column 'image_id'"),
        ({}, {"Columns that have": "img=image_id"}, "Expected the column 'img' that is renamed"),
        ({}, {"Classes": "benign"}, "--classes must be two or more"),
        ({}, {"Classes": "x, y, z"}, "Expected the probabilities of each class"),
        ({}, {"Name": "a/b"}, "a/b"),
    ],
)
def test_what_is_misspelled_is_told_before_a_job_begins(home, columns, typed, error):
    make_predictions(6).rename(columns=columns).to_csv(home / "t.csv", index=False)
    at = open_app("models", part="Import a model", bring="A table of predictions")
    told = {"Path of": str(home / "t.csv"), "Name": "mine"} | typed
    for label, text in told.items():
        next(one for one in at.main.text_input if one.label.startswith(label)).set_value(text)
    next(one for one in at.main.button if one.label == "Take it in").click().run()
    assert error in "".join(one.value for one in at.error).replace("\\", "")
    assert not list_jobs()


@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_the_header_of_a_table_of_any_length_is_checked_by_its_beginning(home, ending):
    frame = make_predictions(900)
    write = {"csv": lambda p: frame.to_csv(p, index=False), "parquet": frame.to_parquet}[ending]
    write(home / f"t.{ending}")
    content = (home / f"t.{ending}").read_bytes()
    assert ending == "parquet" or len(content) > BEGINNING
    check_header(content, "t", Spelling(), has_dataset=False)
    with pytest.raises(BadTable, match="renamed"):
        check_header(content, "t", Spelling(rename={"img": "image_id"}), has_dataset=False)


def test_a_named_dataset_tells_patients_and_labels(home):
    content = make_predictions(6)[[*P, "image_id"]].to_csv(index=False).encode()
    check_header(content, "t", Spelling(), has_dataset=True)
    with pytest.raises(BadTable, match="patient_id"):
        check_header(content, "t", Spelling(), has_dataset=False)


def test_the_form_becomes_the_words_of_the_verb(theirs):
    asked = table_adoption.Asked(
        source="/tables/theirs.csv",
        name="x",
        dataset="theirs",
        classes="a, b",
        rename="image=image_id, pid=patient_id,",
        threshold=0.3,
    )
    found = table_adoption._write_arguments(asked, theirs)
    assert found[:2] == ["--threshold", "0.3"]
    assert found[-6:-3] == ["image=image_id", "--rename", "pid=patient_id"]
    assert found[found.index("--dataset") + 1].endswith("theirs")


def test_the_overview_promises_no_explanation_of_a_table(theirs):
    told = words(open_app("overview"))
    assert "explanations of its prediction" not in told
    assert all(page in told for page in ("*Cases*", "*Evaluate*", "*Compare*"))
