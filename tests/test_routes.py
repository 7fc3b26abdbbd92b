"""The picture routes: known ids are served, everything else is nothing."""

import asyncio
import io
import json
from dataclasses import replace

import numpy as np
import pytest
import standin_home
from PIL import Image
from starlette.applications import Starlette
from starlette.middleware import Middleware

from mammo_core.attribution import METHODS
from mammo_ui import library, overlay_store
from mammo_ui.headers import SECURITY_HEADERS, SecurityHeaders
from mammo_ui.overlay_store import Subject, numbers_path, overlay_path
from mammo_ui.routes import (
    KINDS,
    ROUTES,
    image_address,
    library_address,
    map_address,
    original_address,
    outline_address,
    overlay_address,
    thumbnail_address,
)

APP = Starlette(routes=ROUTES, middleware=[Middleware(SecurityHeaders)])
ODD = ("nope", "a" * 5000, "..", "../../app.py", "/etc/passwd", "\x00", "\xff", "nul\r\nx", "")


@pytest.fixture(scope="module")
def made_home(tmp_path_factory):
    folder = tmp_path_factory.mktemp("home")
    standin_home.make_home(folder, n_patients=3)
    return folder


@pytest.fixture
def dataset(made_home, monkeypatch):
    monkeypatch.setenv("MAMMO_HOME", str(made_home))
    return library.require_dataset(standin_home.DATASET)


def get(path):
    """(status, headers, body) of one GET, the path as the server hands it on: decoded."""
    answers = []

    async def receive():
        return {"type": "http.request", "body": b""}

    async def send(message):
        answers.append(message)

    scope = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.4"},
        "method": "GET",
        "path": path.split("?")[0],
        "query_string": path.partition("?")[2].encode(),
        "headers": [],
        "extensions": {},
    }
    asyncio.run(APP(scope, receive, send))
    body = b"".join(message.get("body", b"") for message in answers[1:])
    headers = {key.decode(): value.decode() for key, value in answers[0]["headers"]}
    return answers[0]["status"], headers, body


def test_an_image_comes_in_its_own_pixels_and_may_be_kept(dataset):
    status, headers, body = get(image_address(dataset, "S00000_LCC"))
    assert status == 200
    assert Image.open(io.BytesIO(body)).size == (64, 80)
    assert "immutable" in headers["cache-control"]
    assert headers["cache-control"].startswith("private")


def test_a_thumbnail_is_made_once(dataset, made_home):
    first = get(thumbnail_address(dataset, "S00000_LCC"))
    kept = list((made_home / ".mammo" / "thumbnails").rglob("*.jpg"))
    times = [path.stat().st_mtime_ns for path in kept]
    assert get(thumbnail_address(dataset, "S00000_LCC"))[2] == first[2]
    assert times == [path.stat().st_mtime_ns for path in kept]


def test_only_a_marked_lesion_has_an_outline(dataset):
    status, _, body = get(outline_address(dataset, "S00001_LCC"))
    assert status == 200
    alpha = Image.open(io.BytesIO(body)).getchannel("A")
    assert 0 < sum(alpha.histogram()[1:]) < 200
    assert get(outline_address(dataset, "S00000_LCC"))[0] == 404


@pytest.mark.parametrize(
    ("address_of", "place"),
    [
        (overlay_address, lambda path: path),
        (map_address, numbers_path),
        (library_address, lambda path: path.with_suffix(".library.map")),
    ],
)
def test_a_map_and_its_picture_are_served_once_they_were_drawn(dataset, address_of, place):
    model = library.find_model("demo")
    subject = Subject(model, dataset, "S00000_LCC", "malignant", ("conv_1", "conv_2"))
    assert get(address_of(subject, "grad_cam"))[0] == 404
    path = place(overlay_path(subject, "grad_cam"))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"a map")
    assert get(address_of(subject, "grad_cam"))[2] == b"a map"
    assert get(address_of(replace(subject, layers=()), "grad_cam"))[0] == 404


def test_a_map_by_an_older_definition_of_its_method_is_drawn_anew(dataset, monkeypatch):
    subject = Subject(library.find_model("demo"), dataset, "S00000_LCC", "malignant", ())
    places = []
    for revision in (1, 2, 3, 1):
        monkeypatch.setattr(METHODS["grad_cam"], "revision", revision)
        overlay_store._settings.cache_clear()
        places.append(overlay_path(subject, "grad_cam"))
    assert len(set(places)) == 3
    assert places[0] == places[3]


def test_a_map_is_drawn_anew_once_other_references_are_kept_with_the_model(dataset):
    subject = Subject(library.find_model("demo"), dataset, "S00000_LCC", "malignant")
    before, kept = (
        overlay_path(subject, "expected_gradients"),
        subject.model.path / "background.npz",
    )
    kept.write_bytes(b"stands in for images")
    assert overlay_path(subject, "expected_gradients") != before
    kept.unlink()
    assert overlay_path(subject, "expected_gradients") == before


def test_a_map_by_other_settings_is_another_map_and_impossible_settings_have_none(dataset):
    usual = Subject(library.find_model("demo"), dataset, "S00000_LCC", "malignant")
    changed = replace(usual, settings=("rise.masks=20",))
    path = numbers_path(overlay_path(changed, "rise"))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"a map of 20 masks")
    assert get(map_address(changed, "rise"))[2] == b"a map of 20 masks"
    assert get(map_address(usual, "rise"))[0] == 404
    assert get(map_address(changed, "rise").replace("20", "none"))[0] == 404
    assert overlay_path(changed, "lime") == overlay_path(usual, "lime")


@pytest.mark.parametrize("odd", ODD)
@pytest.mark.parametrize("kind", ["image", "thumbnail", "outline"])
def test_an_odd_name_is_not_found(dataset, kind, odd):
    assert get(f"/{kind}/{dataset.name}/{odd}")[0] == 404
    assert get(f"/{kind}/{odd}/S00000_LCC")[0] == 404


@pytest.mark.parametrize("kind", KINDS)
def test_an_address_with_parts_missing_or_too_many_is_not_found(dataset, kind):
    assert {get(f"/{kind}/{rest}")[0] for rest in ("nope", "a/b/c/d/e/f/g", "")} == {404}


@pytest.mark.parametrize("odd", ODD)
@pytest.mark.parametrize("place", range(5))
def test_an_odd_part_of_a_map_is_not_found(dataset, place, odd):
    parts = ["demo", dataset.name, "S00000_LMLO", "grad_cam", "malignant"]
    parts[place] = odd
    assert get(f"/overlay/{'/'.join(parts)}")[0] == 404
    assert get(f"/map/{'/'.join(parts)}")[0] == 404


def test_every_answer_carries_the_security_headers(dataset):
    for path in (image_address(dataset, "S00000_LCC"), "/image/nope", "/nothing"):
        headers = get(path)[1]
        assert all(headers[name] == value for name, value in SECURITY_HEADERS.items())


def test_a_damaged_file_is_not_found_and_leaves_nothing_behind(dataset, made_home):
    file = dataset.file_of("S00002_RCC")
    file.write_bytes(b"no picture")
    before = set((made_home / ".mammo" / "images").rglob("*"))
    assert get(image_address(dataset, "S00002_RCC"))[0] == 404
    assert {p for p in (made_home / ".mammo" / "images").rglob("*") if p.is_file()} <= before


def test_an_images_own_values_come_as_they_are_stored(dataset):
    status, headers, body = get(original_address(dataset, "S00000_LCC"))
    facts = json.loads(headers["x-gray-values"])
    stored = np.asarray(Image.open(dataset.file_of("S00000_LCC")))
    values = np.frombuffer(body, "<u2").reshape(facts["rows"], facts["columns"])
    assert status == 200
    assert np.array_equal(values + facts["lowest"], stored)
    assert facts["highest"] == stored.max()


def test_a_refused_file_is_shown_by_its_number_alone(dataset, made_home):
    listed = dataset.path / "refused.csv"
    before = listed.read_text()
    listed.write_text("file,reason\nimages/mask.png,a mask\n../../models/demo/model.json,x\n")
    try:
        inside, outside = (get(f"/refused/{dataset.name}/{number}") for number in (0, 1))
        assert Image.open(io.BytesIO(inside[2])).size == (64, 80)
        assert outside[0] == get(f"/refused/{dataset.name}/2")[0] == 404
    finally:
        listed.write_text(before)


def test_the_first_page_answers_to_its_name_and_keeps_what_was_asked():
    status, headers, _ = get("/overview?dataset=a%20b&split=val")
    assert status == 307
    assert headers["location"] == "/?dataset=a%20b&split=val"
