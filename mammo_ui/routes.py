"""Addresses of pictures. A name is only ever looked up among known ids, never used as a path."""

import hashlib
import logging
from collections.abc import Callable
from typing import TYPE_CHECKING
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from mammo_core.errors import MammoError
from mammo_ui import apart, inventory, library, pictures
from mammo_ui.cross_check_store import library_path
from mammo_ui.overlay_store import Subject, numbers_path, overlay_path, settings_of

if TYPE_CHECKING:
    from pathlib import Path

    from mammo_core.datasets import Dataset
    from mammo_ui.inventory import RefusedFile
    from mammo_ui.library import DatasetCard

FIRST_PAGE = "overview"
LOG = logging.getLogger(__name__)
KINDS = (
    "image",
    "thumbnail",
    "outline",
    "overlay",
    "map",
    "library",
    "refused",
    "original",
    "apart",
    "reading",
)
SIZES = {"thumbnail": pictures.THUMBNAIL, "large": pictures.UPLOAD}
NEVER_CHANGES = {"cache-control": "private, max-age=31536000, immutable"}


def image_address(dataset: "Dataset | DatasetCard", image_id: str) -> str:
    """Where the browser finds an image in its own pixels."""
    return _address("image", dataset.fingerprint, dataset.name, image_id)


def thumbnail_address(dataset: "Dataset | DatasetCard", image_id: str) -> str:
    """Where the browser finds an image's thumbnail; empty where the dataset has no pictures."""
    if not dataset.has_pictures:
        return ""
    return _address("thumbnail", dataset.fingerprint, dataset.name, image_id)


def outline_address(dataset: "Dataset | DatasetCard", image_id: str) -> str:
    """Where the browser finds the outline of an image's lesions, transparent elsewhere."""
    return _address("outline", dataset.fingerprint, dataset.name, image_id)


def original_address(dataset: "Dataset | DatasetCard", image_id: str) -> str:
    """Where the browser finds an image's own gray values."""
    return _address("original", dataset.fingerprint, dataset.name, image_id)


def apart_address(dataset: "Dataset", image_id: str, size: str) -> str:
    """Where the browser finds an image that the gate set apart; `size` is a key of `SIZES`."""
    return _address("apart", dataset.fingerprint, dataset.name, image_id, size)


def reading_address(reading_id: str, place: int) -> str:
    """Where the browser finds a case of a blinded reading, without a word of which image it is."""
    return _address("reading", "1", reading_id, str(place))


def refused_address(dataset: str, refused: "RefusedFile") -> str:
    """Where the browser finds the thumbnail of a file that the dataset left out."""
    version = hashlib.sha256(f"{refused.file}/{refused.reason}".encode()).hexdigest()
    return _address("refused", version, dataset, str(refused.number))


def overlay_address(subject: Subject, method: str) -> str:
    """Where the browser finds the colored map of an explanation that was drawn before."""
    return _drawn_address("overlay", subject, method)


def map_address(subject: Subject, method: str) -> str:
    """Where the browser finds the numbers of an explanation that was drawn before."""
    return _drawn_address("map", subject, method)


def library_address(subject: Subject, method: str) -> str:
    """Where the browser finds the numbers of tf-keras-vis's map by one of our methods."""
    return _drawn_address("library", subject, method)


def _drawn_address(kind: str, subject: Subject, method: str) -> str:
    version = hashlib.sha256(str(overlay_path(subject, method)).encode()).hexdigest()
    image = subject.model.id, subject.dataset.name, subject.image_id
    asked = [("layer", layer) for layer in subject.layers]
    asked += [("setting", word) for word in settings_of(subject, method)]
    address = _address(kind, version, *image, method, subject.target)
    return "&".join([address, *(f"{name}={quote(value, safe='')}" for name, value in asked)])


def _address(kind: str, version: str, *names: str) -> str:
    """The version is there for the browser's cache alone."""
    path = "/".join(["", kind, *(quote(name, safe="") for name in names)])
    return f"{path}?v={quote(version[:12])}"


def _answer_known(answer: Callable[[Request], Response | None]) -> Callable[[Request], Response]:
    """The endpoint that says 404 to whatever `answer` does not know or cannot read."""

    def endpoint(request: Request) -> Response:
        try:
            response = answer(request)
        except MammoError as error:
            LOG.info("%s: %s", request.url.path, error)
            response = None
        return response or PlainTextResponse("There is no such picture", status_code=404)

    return endpoint


def _picture(request: Request, size: pictures.PictureSize) -> Response | None:
    dataset, image_id = _known_image(request)
    if dataset is None:
        return None
    path = pictures.find_picture(dataset, image_id, size)
    return FileResponse(path, media_type="image/jpeg", headers=NEVER_CHANGES)


def _outline(request: Request) -> Response | None:
    dataset, image_id = _known_image(request)
    outline = None if dataset is None else pictures.draw_outline(dataset, image_id)
    if outline is None:
        return None
    return Response(outline, media_type="image/png", headers=NEVER_CHANGES)


def _original(request: Request) -> Response | None:
    """The stored values, 16 bit little-endian and row by row; what they are is in a header."""
    dataset, image_id = _known_image(request)
    if dataset is None:
        return None
    values, facts = pictures.read_gray_values(dataset, image_id)
    headers = {**NEVER_CHANGES, "x-gray-values": facts}
    return Response(values, media_type="application/octet-stream", headers=headers)


def _apart(request: Request) -> Response | None:
    dataset = library.find_dataset(request.path_params["dataset"])
    size = SIZES.get(request.path_params["size"])
    file = None if dataset is None else apart.find_apart(dataset, request.path_params["image_id"])
    if file is None or size is None:
        return None
    picture = pictures.draw_stranger(file, size)
    return Response(picture, media_type="image/jpeg", headers=NEVER_CHANGES)


def _refused(request: Request) -> Response | None:
    dataset = library.find_dataset(request.path_params["dataset"])
    number = request.path_params["number"]
    file = None if dataset is None else inventory.find_refused(dataset, number)
    if file is None:
        return None
    picture = pictures.draw_stranger(file, pictures.THUMBNAIL)
    return Response(picture, media_type="image/jpeg", headers=NEVER_CHANGES)


def _reading(request: Request) -> Response | None:
    """The image at a place of a blinded reading; its id stays on the server."""
    from mammo_core.reviews.readings import open_readings

    names = request.path_params
    reading = open_readings().find(names["reading"])
    if reading is None or names["place"] >= len(reading.image_ids):
        return None
    dataset, image_id = library.find_dataset(reading.dataset), reading.image_ids[names["place"]]
    if dataset is None or image_id not in library.known_images(dataset):
        return None
    path = pictures.find_picture(dataset, image_id, pictures.FULL)
    return Response(path.read_bytes(), media_type="image/jpeg", headers=NEVER_CHANGES)


def _overlay(request: Request) -> Response | None:
    subject = _find_subject(request)
    path = None if subject is None else overlay_path(*subject)
    if path is None or not path.is_file():
        return None
    return FileResponse(path, media_type="image/png", headers=NEVER_CHANGES)


def _map(request: Request) -> Response | None:
    """16 bit little-endian and row by row; how to draw them is known to who has the address."""
    subject = _find_subject(request)
    return None if subject is None else _numbers(numbers_path(overlay_path(*subject)))


def _library(request: Request) -> Response | None:
    """As `_map`."""
    subject = _find_subject(request)
    return None if subject is None else _numbers(library_path(*subject))


def _numbers(path: "Path") -> Response | None:
    if not path.is_file():
        return None
    return FileResponse(path, media_type="application/octet-stream", headers=NEVER_CHANGES)


def _find_subject(request: Request) -> tuple[Subject, str] | None:
    """What is explained, by which method; None where a part of the address is not known."""
    from mammo_core.attribution import METHODS

    dataset, image_id = _known_image(request)
    names = request.path_params
    models = {model.id: model for model in library.list_models()}
    model = models.get(names["model"])
    if dataset is None or model is None or names["method"] not in METHODS:
        return None
    layers, settings = (tuple(request.query_params.getlist(one)) for one in ("layer", "setting"))
    subject = Subject(model, dataset, image_id, names["target"], layers, settings)
    return subject, names["method"]


def _known_image(request: Request) -> tuple["Dataset | None", str]:
    """The dataset and id that the address names, (None, "") where either is unknown."""
    dataset = library.find_dataset(request.path_params["dataset"])
    image_id = request.path_params["image_id"]
    if dataset is None or image_id not in library.known_images(dataset):
        return None, ""
    return dataset, image_id


def _nothing(request: Request) -> Response | None:
    """What an address that begins like a picture's and is none gets, instead of the app's page."""
    return None


def _first_page(request: Request) -> Response:
    """The first page has no path of its own; who writes its name is led to it."""
    query = f"?{request.url.query}" if request.url.query else ""
    return RedirectResponse(f"/{query}")


def _full(request: Request) -> Response | None:
    return _picture(request, pictures.FULL)


def _thumbnail(request: Request) -> Response | None:
    return _picture(request, pictures.THUMBNAIL)


ROUTES = [
    Route(f"/{FIRST_PAGE}", _first_page),
    Route("/image/{dataset}/{image_id}", _answer_known(_full)),
    Route("/thumbnail/{dataset}/{image_id}", _answer_known(_thumbnail)),
    Route("/outline/{dataset}/{image_id}", _answer_known(_outline)),
    Route("/original/{dataset}/{image_id}", _answer_known(_original)),
    Route("/apart/{dataset}/{image_id}/{size}", _answer_known(_apart)),
    Route("/refused/{dataset}/{number:int}", _answer_known(_refused)),
    Route("/reading/{reading}/{place:int}", _answer_known(_reading)),
    Route(
        "/overlay/{model}/{dataset}/{image_id}/{method}/{target}",
        _answer_known(_overlay),
    ),
    Route("/map/{model}/{dataset}/{image_id}/{method}/{target}", _answer_known(_map)),
    Route("/library/{model}/{dataset}/{image_id}/{method}/{target}", _answer_known(_library)),
    *(Route(f"/{kind}/{{rest:path}}", _answer_known(_nothing)) for kind in KINDS),
]
