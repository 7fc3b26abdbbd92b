"""Where the worker leaves what it drew of explanations and the pages find it."""

import hashlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from mammo_core.background import background_version
from mammo_core.config import fingerprint
from mammo_core.paths import read_kept_json, state_folder, write_json, writing
from mammo_ui import library
from mammo_ui.map_numbers import MapFrame, read_frame

if TYPE_CHECKING:
    from mammo_core.datasets import Dataset
    from mammo_core.model_store import StoredModel


DRAWING = 8
"""Counts the ways in which maps were drawn; those of an earlier way are drawn anew."""
Names = tuple[str, str, str, str, tuple[str, ...], tuple[str, ...]]


@dataclass(frozen=True, eq=False)
class Subject:
    """What is explained.

    Attributes:
        model: By whom it was judged.
        dataset: The image's.
        image_id: The image.
        target: A class, or two as `read_target` reads them.
        layers: Paths of the layers to look into, several to average; none is the model's default.
            Methods that look into no layer do not heed them.
        settings: Other settings than the methods' own, as `parse_method_settings` reads them.
    """

    model: "StoredModel"
    dataset: "Dataset"
    image_id: str
    target: str
    layers: tuple[str, ...] = ()
    settings: tuple[str, ...] = ()

    def names(self) -> Names:
        """What the worker finds the same by."""
        image = self.model.id, self.dataset.name, self.image_id
        return *image, self.target, self.layers, self.settings


@dataclass(frozen=True)
class Measured:
    """A measure of a map.

    Attributes:
        value: None where it is undefined.
        controls: The same of maps that know nothing of the model, by their names.
    """

    value: float | None
    controls: Mapping[str, float | None]


Evidence = Mapping[str, Measured]


@dataclass(frozen=True)
class DrawnExplanation:
    """What a page says under a map.

    Attributes:
        method: A key of `METHODS`.
        target: The class that is explained.
        seconds: What computing took.
        completeness_gap: Share of the score that the map misses; None where nothing is promised.
        frame: How the map's numbers are to be drawn, None where nothing is.
        note: What the method says of its own map.
        refusal: Why the method cannot explain the model; empty where it can.
        evidence: What was measured of the map, by measure.
    """

    method: str
    target: str
    seconds: float = 0.0
    completeness_gap: float | None = None
    frame: MapFrame | None = None
    note: str = ""
    refusal: str = ""
    evidence: Evidence = field(default_factory=dict)

    @property
    def is_blank(self) -> bool:
        """Whether there is nothing to see."""
        return self.frame is None


def list_controls() -> list[str]:
    """The methods that know nothing of the model; others are held against them."""
    from mammo_core.attribution import METHODS

    return [name for name, method in METHODS.items() if method.is_control]


def find_subject(names: Names) -> Subject:
    """The subject of those names.

    Raises:
        MammoError: Where the model or the dataset is gone.
    """
    model_id, dataset, *asked = names
    model = library.find_model(model_id)
    return Subject(model, library.require_dataset(dataset), *asked)


def overlay_path(subject: Subject, method: str) -> Path:
    """Where the picture of an explanation lies; every part of the path is a digest.

    Raises:
        BadConfiguration: For settings that the method cannot have.
    """
    image = _digest(f"{subject.dataset.fingerprint}/{subject.image_id}")
    layers = "/".join(layers_of(subject, method))
    settings = _settings(method, settings_of(subject, method))
    asked = f"{DRAWING}/{method}/{settings}/{subject.target}/{layers}"
    references = background_version(subject.model)
    asked += f"/{references}" if references else ""
    folder = state_folder() / "overlays" / _digest(subject.model.sha256) / image
    return folder / f"{_digest(asked)}.png"


def layers_of(subject: Subject, method: str) -> tuple[str, ...]:
    """The layers that a method is to look into; none of one that looks into no layer."""
    from mammo_core.attribution import METHODS

    return subject.layers if METHODS[method].access == "layer" else ()


def settings_of(subject: Subject, method: str) -> tuple[str, ...]:
    """Those of the subject's settings that are the method's."""
    return tuple(word for word in subject.settings if word.startswith(f"{method}."))


def read_drawn(subject: Subject, method: str) -> DrawnExplanation | None:
    """The facts of an explanation that was drawn before, None where it was not."""
    content = read_kept_json(overlay_path(subject, method).with_suffix(".json"))
    if content is None:
        return None
    content["evidence"] = {name: Measured(**one) for name, one in content["evidence"].items()}
    framed = {"frame": read_frame(content["frame"])} if content["frame"] else {}
    return DrawnExplanation(**content | framed)


def write_drawn(path: Path, facts: DrawnExplanation, numbers: bytes, picture: bytes) -> None:
    """Leave what was drawn at the `overlay_path` of its picture; the facts last, once all is there.

    Raises:
        MammoError: Where the disk is full or cannot be written.
    """
    for part, content in ((numbers_path(path), numbers), (path, picture)):
        with writing(part) as temporary:
            temporary.write_bytes(content)
    write_facts(path, facts)


def write_facts(path: Path, facts: DrawnExplanation) -> None:
    """Leave what is said under a map at the `overlay_path` of its picture.

    Raises:
        MammoError: Where the disk is full or cannot be written.
    """
    write_json(path.with_suffix(".json"), asdict(facts))


def numbers_path(picture: Path) -> Path:
    """Where the numbers of a map lie, beside its picture."""
    return picture.with_suffix(".map")


def layers_path(model: "StoredModel") -> Path:
    """Where the worker notes a model's layers, once it was loaded."""
    return state_folder() / "layers" / f"{_digest(model.sha256)}.json"


def read_layers(model: "StoredModel") -> tuple[str, ...]:
    """Paths of the model's convolutional layers, none as long as it was never loaded."""
    path = layers_path(model)
    return tuple(read_kept_json(path) or ())


def unfit_path(model: "StoredModel") -> Path:
    """Where the worker notes the methods that cannot explain a network whatever the image."""
    return state_folder() / "unfit" / f"{_digest(model.sha256)}.json"


def read_unfit(model: "StoredModel") -> dict[str, str]:
    """{method: why it cannot explain this network}, of those that were asked."""
    return dict(read_kept_json(unfit_path(model)) or {})


@cache
def _settings(method: str, settings: tuple[str, ...]) -> str:
    """What tells a method with these settings, and its definition, from others."""
    from mammo_core.attribution import METHODS
    from mammo_core.attribution.method_settings import configure, parse_method_settings

    own = configure(METHODS[method], method, parse_method_settings(settings))
    told = fingerprint(own)
    return told if own.revision == 1 else f"{told}/{own.revision}"


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:20]
