"""Exported maps keep their numbers, lie on the image's grid, and tell nothing of the patient."""

import io
import json
import shutil
import subprocess
import zipfile
from pathlib import Path

import cv2
import numpy as np
import pytest
from identified_file import SHIPPED, TRACES, write_identified, write_plain
from made_cards import make_card
from pydicom import dcmread

from mammo_core.config import to_mapping
from mammo_core.deidentification.image import clean_image
from mammo_core.errors import BadConfiguration
from mammo_core.explanation_exports import FORMATS
from mammo_core.explanation_exports.dicom_objects import PRIVACY, RESEARCH_ONLY
from mammo_core.explanation_exports.export import Unwritten, export_maps, read_formats, zip_files
from mammo_core.explanation_exports.exported_image import ExportedImage
from mammo_core.explanation_exports.pictures import draw
from mammo_core.explanations import Explanation, Refusal
from mammo_core.model_input import input_of_file
from mammo_core.model_store import StoredModel
from mammo_core.preprocess import Preprocess

SIZE = (64, 48)
PRIVATE = "1.2.826.0.1.3680043.8.498"
"""What the shipped images' own UIDs begin with."""


def make_image(path, model_id="demo"):
    card = make_card(input_shape=[*SIZE, 1], preprocessing=to_mapping(Preprocess(size=SIZE)))
    given = input_of_file(StoredModel(Path("models") / model_id, card), path)
    return ExportedImage("the image", path, given, model_id, "0" * 64)


def explain(method="grad_cam", seed=0, attribution=None):
    if attribution is None:
        attribution = np.random.default_rng(seed).normal(size=(8, 6)).astype(np.float32)
    key = {"image_id": "the image", "method": method, "target": "malignant", "settings": {}}
    return Explanation(key, attribution, SIZE, 0.1, "1 forward", 0.02)


def export(image, *answers, formats=tuple(FORMATS)):
    return {(made.method, made.format): made for made in export_maps(image, answers, formats)}


def read(file):
    return dcmread(io.BytesIO(file.content))


@pytest.fixture(scope="module")
def own_home(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MAMMO_HOME", str(tmp_path_factory.mktemp("home")))
        yield


@pytest.fixture(scope="module")
def image(own_home):
    return make_image(SHIPPED[0])


@pytest.fixture(scope="module")
def files(image):
    return export(image, explain())


def test_the_arrays_are_the_map_on_three_grids(image, files):
    with np.load(io.BytesIO(files["grad_cam", "npz"].content), allow_pickle=False) as stored:
        made = explain()
        np.testing.assert_array_equal(stored["own"], made.attribution)
        np.testing.assert_array_equal(stored["attribution"], made.upsample())
        np.testing.assert_array_equal(stored["on_image"], image.given.to_image(made.upsample()))
        assert stored["on_image"].shape == (640, 512)
        facts = json.loads(str(stored["facts"]))
    assert facts["target"] == "malignant"
    assert facts["completeness_gap"] == 0.02


def test_a_parametric_map_holds_the_very_numbers(image, files):
    found = read(files["grad_cam", "dicom-pm"])
    expected = image.given.to_image(explain().upsample())
    assert found.pixel_array.dtype == np.float32
    np.testing.assert_array_equal(found.pixel_array, expected)
    shared = found.SharedFunctionalGroupsSequence[0].RealWorldValueMappingSequence[0]
    assert (shared.RealWorldValueSlope, shared.RealWorldValueIntercept) == (1, 0)
    assert shared.LUTLabel == "grad_cam"
    assert found.ContentQualification == "RESEARCH"


def test_a_secondary_capture_is_the_overlay_above_its_label(image, files):
    found = read(files["grad_cam", "dicom-sc"])
    overlay = draw(image, explain())
    np.testing.assert_array_equal(found.pixel_array[: len(overlay)], overlay)
    assert found.pixel_array[len(overlay) :].max() > 200
    assert RESEARCH_ONLY in found.DerivationDescription


def test_the_png_is_the_overlay(image, files):
    content = np.frombuffer(files["grad_cam", "png"].content, np.uint8)
    picture = cv2.imdecode(content, cv2.IMREAD_COLOR)[..., ::-1]
    np.testing.assert_array_equal(picture, draw(image, explain()))


def test_both_objects_refer_to_the_source_as_its_clean_copy_is_called(image, files):
    copy = clean_image(SHIPPED[0])
    for kind in ("dicom-pm", "dicom-sc"):
        found = read(files["grad_cam", kind])
        assert found.SourceImageSequence[0].ReferencedSOPInstanceUID == copy.SOPInstanceUID
        assert found.SourceImageSequence[0].ReferencedSOPClassUID == copy.SOPClassUID
        assert found.StudyInstanceUID == copy.StudyInstanceUID
        assert found.PatientID == copy.PatientID
        assert found.Laterality == copy.ImageLaterality
        assert found.PatientAge == copy.PatientAge
        for keyword in PRIVACY:
            assert found[keyword] == copy[keyword]


def test_a_copy_that_was_cleaned_before_is_referred_to_by_its_own_names(own_home, tmp_path):
    copy = clean_image(SHIPPED[0])
    copy.save_as(tmp_path / "copy.dcm", enforce_file_format=True)
    made = export(make_image(tmp_path / "copy.dcm"), explain(), formats=("dicom-pm", "dicom-sc"))
    for found in map(read, made.values()):
        assert found.SourceImageSequence[0].ReferencedSOPInstanceUID == copy.SOPInstanceUID
        assert found.StudyInstanceUID == copy.StudyInstanceUID
        assert found.PatientID == copy.PatientID
        assert found.PatientName == copy.PatientName


@pytest.mark.parametrize("source", [SHIPPED[0], SHIPPED[-1]], ids=lambda path: path.stem)
def test_a_map_lies_on_the_sources_own_pixels_whichever_way_round_the_model_saw_it(
    own_home, source
):
    image = make_image(source)
    as_map = explain(attribution=image.given.image[..., 0])  # the model's view is the map itself
    found = read(export(image, as_map, formats=("dicom-pm",))["grad_cam", "dicom-pm"]).pixel_array
    pixels = cv2.blur(np.where(found > 0, image.picture, 0), (9, 9))
    assert np.corrcoef(found.ravel(), pixels.ravel())[0, 1] > 0.95
    assert np.corrcoef(found[:, ::-1].ravel(), pixels.ravel())[0, 1] < 0.5


def test_a_viewer_shows_nothing_as_black_and_of_a_signed_map_as_middle_gray(image):
    attribution = np.linspace(-1, 3, 48, dtype=np.float32).reshape(8, 6)
    for method, share in (("grad_cam", 0), ("input_x_gradient", -1)):
        answer = explain(method, attribution=attribution)
        found = read(export(image, answer, formats=("dicom-pm",))[method, "dicom-pm"])
        window = found.SharedFunctionalGroupsSequence[0].FrameVOILUTSequence[0]
        highest, half = float(np.abs(found.pixel_array).max()), window.WindowWidth / 2
        assert window.WindowCenter + half == pytest.approx(highest, rel=1e-6)
        assert window.WindowCenter - half == pytest.approx(share * highest, abs=1e-6)


@pytest.mark.parametrize(("side", "told"), [("B", ""), ("L", "L"), (None, "")])
def test_only_a_side_that_is_known_is_told(own_home, tmp_path, side, told):
    image = make_image(write_plain(tmp_path / "a.dcm", ImageLaterality=side))
    made = export(image, explain(), formats=("dicom-pm", "dicom-sc"))
    assert [read(file).Laterality for file in made.values()] == [told, told]


@pytest.mark.parametrize(
    ("orientation", "told"),
    [(["A", "F"], ["A", "F"]), (["A", "FL"], ["A", "FL"]), ("FL", []), (None, [])],
)
def test_a_capture_lies_as_its_source_does(own_home, tmp_path, orientation, told):
    image = make_image(write_plain(tmp_path / "a.dcm", PatientOrientation=orientation))
    made = export(image, explain(), formats=("dicom-sc",))["grad_cam", "dicom-sc"]
    assert list(read(made).PatientOrientation or ()) == told


def test_one_map_is_one_object_however_often_and_others_are_others(image):
    formats = ("dicom-pm", "dicom-sc")
    once, twice = (export(image, explain(), formats=formats) for _ in range(2))
    other = export(image, explain("saliency"), formats=formats)
    uids = [read(made).SOPInstanceUID for made in (*once.values(), *twice.values())]
    assert len(set(uids)) == 2
    assert not set(uids) & {read(made).SOPInstanceUID for made in other.values()}
    numbers = {read(made).InstanceNumber for made in (*once.values(), *other.values())}
    assert len(numbers) == 2


def test_no_export_tells_who_the_patient_is(own_home, tmp_path):
    image = make_image(write_identified(tmp_path / "a.dcm"))
    made = export(image, explain())
    assert set(made) == {("grad_cam", name) for name in FORMATS}
    for file in made.values():
        found = [trace for trace in (*TRACES, PRIVATE.encode()) if trace in file.content]
        assert not found


def test_what_is_burned_in_beside_the_breast_is_drawn_nowhere(image):
    from mammo_core.dicom import read_mammogram

    pixels, drawn = read_mammogram(SHIPPED[0]).pixels, image.picture
    near = cv2.dilate(image.given.breast.astype(np.uint8), np.ones((41, 41), np.uint8)) > 0
    burned_in = (pixels > 0.5) & ~near
    assert burned_in.any()
    assert drawn[burned_in].max() < 0.05
    inside = image.given.breast
    np.testing.assert_allclose(drawn[inside], pixels[inside], atol=1e-4)


def test_a_picture_that_is_no_dicom_file_has_png_and_npz(own_home, tmp_path):
    rows, columns = np.mgrid[:200, :140]
    film = np.where(((rows - 100) / 90) ** 2 + (columns / 100) ** 2 < 1, 150, 0)
    cv2.imwrite(str(tmp_path / "film.png"), film.astype(np.uint8))
    made = export(make_image(tmp_path / "film.png"), explain())
    unwritten = {name for (_, name), file in made.items() if isinstance(file, Unwritten)}
    assert unwritten == {"dicom-pm", "dicom-sc"}
    assert "no DICOM file; take png or npz" in made["grad_cam", "dicom-pm"].reason


@pytest.mark.parametrize("value", [0.0, 3.0, np.nan])
def test_a_map_that_says_nothing_is_drawn_nowhere(image, value):
    made = export(image, explain(attribution=np.full((8, 6), value, np.float32)))
    written = {name for (_, name), file in made.items() if not isinstance(file, Unwritten)}
    assert written == {"npz"}


def test_a_zip_holds_all_files_and_the_reasons_for_those_it_lacks(image):
    answers = (explain(), Refusal("deep_shap", "not on swish"))
    content = zip_files(export_maps(image, answers, ("png", "npz")))
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        names = set(archive.namelist())
        unwritten = json.loads(archive.read("unwritten.json"))
    assert {Path(name).suffix for name in names} == {".png", ".npz", ".json"}
    assert unwritten == [{"method": "deep_shap", "format": "", "reason": "not on swish"}]


def test_an_unknown_format_is_told():
    assert read_formats("npz, png") == ("png", "npz")
    for text in ("", "gif", "png,gif"):
        with pytest.raises(BadConfiguration, match="Expected formats of png,npz"):
            read_formats(text)


@pytest.mark.skipif(not shutil.which("dciodvfy"), reason="dciodvfy (dicom3tools) isn't installed")
@pytest.mark.parametrize("kind", ["dicom-pm", "dicom-sc"])
def test_the_objects_are_valid_dicom(files, tmp_path, kind):
    (tmp_path / "made.dcm").write_bytes(files["grad_cam", kind].content)
    command = ["dciodvfy", "-new", str(tmp_path / "made.dcm")]
    told = subprocess.run(command, capture_output=True, text=True, check=False)
    assert "Error" not in told.stdout + told.stderr
