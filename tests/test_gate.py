"""The gate: mammograms pass, noise, drawings, pages and other body parts don't."""

import dataclasses
import json
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis.extra.numpy import array_shapes, arrays
from hypothesis.strategies import floats, sampled_from
from PIL import Image

from mammo_core.breast import find_breast
from mammo_core.dicom import read_mammogram
from mammo_core.gate import ASKEW, DARKENED, check, is_askew, judge
from mammo_core.gate_points import MIN_TOLD, NUMBERS_FILE, REASONS, Objection, read_numbers
from mammo_core.header_evidence import OTHER_MODALITIES, judge_header
from mammo_core.paths import REPOSITORY
from mammo_core.picture_features import (
    PictureFeatures,
    measure_frame,
    measure_frame_floor,
    measure_picture,
)
from mammo_core.second_looks import ASKEW_DEGREES, straighten
from mammo_core.types import Mammogram

SHAPE = (512, 416)


def breast_shape():
    y, x = np.mgrid[: SHAPE[0], : SHAPE[1]]
    return ((y - 270) / 215) ** 2 + (x / 210) ** 2 < 1


def check_pixels(tmp_path, pixels):
    low, high = pixels.min(), pixels.max()
    path = tmp_path / "picture.png"
    Image.fromarray(((pixels - low) / ((high - low) or 1) * 255).astype(np.uint8)).save(path)
    return check(path)


def strangers():
    rng = np.random.default_rng(0)
    noise = rng.normal(size=SHAPE)
    frequency = np.hypot(np.fft.fftfreq(SHAPE[0])[:, None], np.fft.fftfreq(SHAPE[1])[None])
    frequency[0, 0] = 1
    y, x = np.mgrid[: SHAPE[0], : SHAPE[1]]
    page = np.ones(SHAPE)
    page[40:-40:20, 30:-30] = rng.random((22, 356)) > 0.5
    return {
        "white noise": noise,
        "summed noise": np.cumsum(np.cumsum(noise, 0), 1),
        "power law noise": np.fft.ifft2(np.fft.fft2(noise) / frequency**1.5).real,
        "noise in the shape of a breast": breast_shape() * (noise + 6),
        "flat gray in the shape of a breast": breast_shape() * 1.0,
        "a smooth shade in the shape of a breast": breast_shape() * (500 - x),
        "a disk": (y - 250) ** 2 + (x - 200) ** 2 < 60**2,
        "a box of noise": (x < 200) * (noise + 6),
        "stripes": np.sin(x / 5),
        "a checkerboard": (x // 20 + y // 20) % 2,
        "a page of text": page,
        "black": np.zeros(SHAPE),
    }


@pytest.mark.parametrize("name", strangers())
def test_strangers_are_refused_with_a_reason(tmp_path, name):
    verdict = check_pixels(tmp_path, np.asarray(strangers()[name], float))
    assert verdict.verdict == "refuse"
    assert verdict.reasons


def test_every_objection_has_its_reason_only_grows_and_never_refuses_alone():
    fields = set(PictureFeatures.__dataclass_fields__)
    numbers = read_numbers()
    assert 0 < numbers.ask_above < numbers.refuse_above
    for objection in numbers.objections:
        assert objection.feature in fields
        assert REASONS[objection.feature, objection.side]
        sign = 1 if objection.side == "high" else -1
        assert objection.points[0] == 0
        assert (np.diff(objection.points) >= 0).all()
        assert numbers.answer(objection.points[-1]) != "refuse"
        assert (sign * np.diff(objection.at) > 0).all()


@pytest.fixture(scope="module")
def phantoms():
    """Four views of the shipped synthetic sample, which no number of the gate was fitted on."""
    paths = sorted((REPOSITORY / "sample_data" / "dicom").rglob("*.dcm"))[:4]
    return [read_mammogram(path) for path in paths]


def answer(pixels):
    pixels = np.ascontiguousarray(pixels, np.float32)
    return judge(Mammogram(pixels=pixels), find_breast(pixels)).verdict


def test_synthetic_mammograms_pass_without_having_been_fitted_on(phantoms):
    origin = json.loads(NUMBERS_FILE.read_text())["origin"]
    assert set(origin) == {"mini_mias", "mayo_density", "dicom_mg"}
    for mammogram in phantoms:
        assert judge(mammogram, find_breast(mammogram.pixels)).verdict == "accept"


LOSSLESS = {
    "mirrored": lambda pixels: pixels[:, ::-1],
    "air below": lambda pixels: np.pad(pixels, ((0, 60), (0, 0))),
    "air above": lambda pixels: np.pad(pixels, ((60, 0), (0, 0))),
    "air on both sides": lambda pixels: np.pad(pixels, ((0, 0), (40, 40))),
    "twice as large": lambda pixels: np.kron(pixels, np.ones((2, 2))),
}


@pytest.mark.parametrize("name", LOSSLESS)
def test_the_verdict_does_not_change_where_no_information_does(phantoms, name):
    for mammogram in phantoms:
        assert answer(LOSSLESS[name](mammogram.pixels)) == answer(mammogram.pixels) == "accept"
    for stranger in ("white noise", "a disk", "a page of text", "noise in the shape of a breast"):
        pixels = np.asarray(strangers()[stranger], np.float32)
        pixels = (pixels - pixels.min()) / np.ptp(pixels)
        assert answer(LOSSLESS[name](pixels)) == "refuse"


def test_8_and_16_bits_of_the_same_picture_get_the_same_verdict(tmp_path, phantoms):
    levels = np.round(phantoms[0].pixels * 255).astype(np.uint8)
    Image.fromarray(levels).save(tmp_path / "8.png")
    Image.fromarray(levels.astype(np.uint16) * 257).save(tmp_path / "16.png")
    eight, sixteen = (check(tmp_path / f"{bits}.png") for bits in (8, 16))
    assert eight.verdict == sixteen.verdict == "accept"
    assert eight.reasons == sixteen.reasons


@pytest.mark.parametrize("thick", [3, 12])
def test_a_bright_strip_opposite_the_breast_refuses_nothing(phantoms, thick):
    for mammogram in phantoms:
        pixels = mammogram.pixels.copy()
        left = find_breast(pixels).chest_wall == "left"
        pixels[:, -thick:] = 0.9 if left else pixels[:, -thick:]
        pixels[:, :thick] = pixels[:, :thick] if left else 0.9
        assert answer(pixels) != "refuse"


@pytest.mark.parametrize("degrees", ASKEW_DEGREES)
def test_a_mammogram_that_lies_askew_is_not_refused(phantoms, degrees):
    for mammogram in phantoms:
        assert answer(straighten(mammogram.pixels, degrees)) != "refuse"


def test_only_a_picture_without_a_straight_wall_is_straightened(phantoms):
    fits = measure_picture(find_breast(phantoms[0].pixels))
    bent = dataclasses.replace(fits, wall=0.3)
    assert is_askew(bent, [fits], read_numbers())
    assert not is_askew(fits, [fits], read_numbers())
    assert not is_askew(bent, [dataclasses.replace(fits, slope=0.0, taper=0.0)], read_numbers())


def test_straightening_back_returns_the_middle():
    y, x = np.mgrid[-1:1:81j, -1:1:61j]
    blob = np.exp(-8 * (x**2 + y**2)).astype(np.float32)
    again = straighten(straighten(blob, 8), -8)
    np.testing.assert_allclose(again[20:-20, 15:-15], blob[20:-20, 15:-15], atol=0.02)


def test_a_counterclockwise_turn_lifts_what_lies_on_the_right():
    image = np.zeros((101, 101), np.float32)
    image[48:53, 90:95] = 1
    row = np.average(np.arange(101), weights=straighten(image, 8).sum(axis=1))
    assert row == pytest.approx(50 - 42 * np.sin(np.radians(8)), abs=0.6)


@settings(max_examples=60, deadline=None)
@given(
    arrays(
        np.float32,
        array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=70),
        elements=floats(0, 1, width=32),
        fill=sampled_from([0.0, 0.5, 1.0]),
    )
)
def test_no_array_of_any_shape_breaks_the_gate(pixels):
    verdict = judge(Mammogram(pixels=pixels), find_breast(pixels))
    assert verdict.verdict in ("accept", "ask", "refuse")
    assert verdict.reasons or verdict.verdict == "accept"


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "int32", "float32", "bool"])
@pytest.mark.parametrize("shape", [(32, 32), (33, 400), (500, 40)])
def test_noise_of_any_type_and_shape_is_refused(tmp_path, dtype, shape):
    noise = np.random.default_rng(0).random(shape)
    levels = {"float32": 1, "bool": 1.99}.get(dtype, 250)
    Image.fromarray((noise * levels).astype(dtype)).save(tmp_path / "noise.tif")
    assert check(tmp_path / "noise.tif").verdict == "refuse"


def test_each_point_has_its_sentence_with_the_value_and_the_bound():
    numbers = read_numbers()
    features = measure_picture(find_breast(np.eye(300, dtype=np.float32)))
    verdict, reasons = numbers.judge(features)
    told = [o for o in numbers.objections if o.weigh(features) >= MIN_TOLD]
    assert verdict == "refuse"
    assert sorted(reasons) == sorted(o.tell(features) for o in told)
    assert reasons[0] == max(told, key=lambda o: o.weigh(features)).tell(features)


def test_a_zone_is_silent_within_and_full_far_beyond():
    objection = Objection("wall", "low", (0.7, 0.6, 0.4), (0, 1, 3))
    features = measure_picture(find_breast(breast_shape().astype(np.float32)))
    for wall, points in ((1, 0), (0.7, 0), (0.65, 0.5), (0.5, 2), (0.1, 3)):
        changed = dataclasses.replace(features, wall=wall)
        assert objection.weigh(changed) == pytest.approx(points)


def test_features_do_not_depend_on_the_side():
    rng = np.random.default_rng(1)
    left = (breast_shape() * (0.5 + 0.05 * rng.normal(size=SHAPE))).astype(np.float32)
    right = np.ascontiguousarray(left[:, ::-1])
    a, b = (measure_picture(find_breast(image)) for image in (left, right))
    for name in PictureFeatures.__dataclass_fields__:
        assert getattr(a, name) == pytest.approx(getattr(b, name), rel=0.05, abs=0.08), name


def test_white_noise_has_a_flat_spectrum_and_tissue_like_noise_a_steep_one():
    noise = np.random.default_rng(2).normal(size=(384, 384))
    frequency = np.hypot(*np.meshgrid(np.fft.fftfreq(384), np.fft.fftfreq(384)))
    frequency[0, 0] = 1
    for exponent in (0, 2, 3):
        field = np.fft.ifft2(np.fft.fft2(noise) * frequency ** (-exponent / 2)).real
        pixels = ((field - field.min()) / np.ptp(field)).astype(np.float32)
        breast = find_breast(np.ones((384, 384), np.float32))
        slope = measure_picture(dataclasses.replace(breast, preview=pixels)).slope
        assert slope == pytest.approx(-exponent, abs=0.35)


def test_a_large_picture_of_one_gray_level_is_blank():
    pixels = np.full((3001, 2003), 0.1, np.float32)
    verdict = judge(Mammogram(pixels=pixels), find_breast(pixels))
    assert (verdict.verdict, verdict.reasons) == ("refuse", ("The picture is blank",))


def test_the_floor_alone_is_that_of_the_whole_frame():
    breast = find_breast(breast_shape().astype(np.float32) + np.float32(0.125))
    assert measure_frame_floor(breast) == measure_frame(breast).floor > 0


def test_the_floor_is_the_ratio_of_numpys_percentiles():
    pixels = np.random.default_rng(4).random((97, 81), dtype=np.float32)
    low, high = np.percentile(pixels, (5, 99.5))
    floor = measure_frame_floor(find_breast(pixels))
    assert floor == pytest.approx(low / high, rel=1e-6)


def test_header_evidence_alone_never_refuses_a_picture_that_fits(monkeypatch):
    monkeypatch.setattr("mammo_core.gate.judge_picture", lambda *_: ("accept", ()))
    pixels = breast_shape().astype(np.float32)
    for header, answer in (
        ({}, "accept"),
        ({"modality": "CR"}, "accept"),
        ({"modality": "CT"}, "ask"),
        ({"modality": "CT", "body_part": "CHEST"}, "refuse"),
        ({"intent": "FOR PROCESSING"}, "ask"),
        ({"view_modifiers": ["magnification"]}, "ask"),
    ):
        mammogram = Mammogram(pixels=pixels, header=header)
        assert judge(mammogram, find_breast(pixels)).verdict == answer, header


def test_header_evidence_refuses_together_with_a_doubtful_picture(monkeypatch):
    monkeypatch.setattr("mammo_core.gate.judge_picture", lambda *_: ("ask", ("doubtful",)))
    pixels = breast_shape().astype(np.float32)
    mammogram = Mammogram(pixels=pixels, header={"modality": "MR"})
    assert judge(mammogram, find_breast(pixels)).verdict == "refuse"


@pytest.mark.parametrize(
    ("answer", "order"), [("refuse", ("pixels", "doubt")), ("ask", ("doubt", "pixels"))]
)
def test_what_refuses_comes_before_what_only_asks(monkeypatch, answer, order):
    monkeypatch.setattr("mammo_core.gate.judge_picture", lambda *_: (answer, ("pixels",)))
    monkeypatch.setattr("mammo_core.gate.judge_header", lambda _: ((), ("doubt",)))
    pixels = breast_shape().astype(np.float32)
    assert judge(Mammogram(pixels=pixels), find_breast(pixels)).reasons[:2] == order


def test_a_mammography_header_raises_no_objection():
    assert judge_header({"modality": "MG", "body_part": "BREAST"}) == ((), ())
    assert "MG" not in OTHER_MODALITIES


def test_a_conflict_about_the_side_is_told(monkeypatch):
    monkeypatch.setattr("mammo_core.gate.judge_picture", lambda *_: ("accept", ()))
    pixels = breast_shape().astype(np.float32)
    verdict = judge(Mammogram(pixels=pixels, laterality="R"), find_breast(pixels))
    assert verdict.laterality == "R"
    assert "side L" in verdict.reasons[-1]
    assert judge(Mammogram(pixels=pixels), find_breast(pixels)).laterality == "L"


def test_an_unreadable_file_is_refused_with_its_fault(tmp_path):
    (tmp_path / "notes.dcm").write_text("not DICOM")
    verdict = check(tmp_path / "notes.dcm")
    assert verdict.verdict == "refuse"
    assert "another kind" in verdict.reasons[0]


def test_the_verb_answers_for_every_file_and_leaves_2_for_an_absent_path(tmp_path):
    (tmp_path / "empty.dcm").touch()
    command = [sys.executable, "-m", "mammo_core", "check", "--json"]
    done = subprocess.run([*command, str(tmp_path / "empty.dcm")], capture_output=True, check=False)
    answer = json.loads(done.stdout)["files"][0]
    assert done.returncode == 0
    assert (answer["verdict"], answer["rows"], answer["view"]) == ("refuse", None, None)
    done = subprocess.run([*command, str(tmp_path / "absent")], capture_output=True, check=False)
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.real
@pytest.mark.parametrize("source", ["mini_mias", "mayo_density"])
def test_real_mammograms_are_never_refused(real_data, source):
    answers = [check(path).verdict for path in sorted((real_data / source).glob("*.jpg"))[::3]]
    assert "refuse" not in answers
    assert answers.count("accept") >= 0.95 * len(answers)


@pytest.mark.real
def test_real_strangers_are_refused(real_data):
    paths = [*(real_data / "not_mammograms").glob("*.*")]
    paths.append(real_data / "dicom_mg" / "text_page_with_MG_header.dcm")
    assert {check(path).verdict for path in paths} == {"refuse"}


@pytest.mark.real
def test_a_real_film_on_its_side_or_inverted_is_asked_about(real_data, tmp_path):
    film = np.asarray(Image.open(real_data / "mini_mias" / "mdb003.jpg").convert("L"))
    for name, pixels in {"turned": np.rot90(film), "inverted": 255 - film}.items():
        Image.fromarray(np.ascontiguousarray(pixels)).save(tmp_path / f"{name}.png")
        assert check(tmp_path / f"{name}.png").verdict == "ask", name


@pytest.mark.real
def test_a_real_film_askew_and_a_darkened_digital_image_are_asked_about(real_data):
    film = read_mammogram(real_data / "mini_mias" / "mdb112.jpg").pixels
    digital = read_mammogram(next((real_data / "mayo_density").glob("*B1.jpg"))).pixels
    for pixels, told in ((straighten(film, -5), ASKEW), (digital**2.5, DARKENED)):
        verdict = judge(Mammogram(pixels=pixels), find_breast(pixels))
        assert (verdict.verdict, verdict.reasons[0]) == ("ask", told)
