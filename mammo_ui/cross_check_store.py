"""Where the worker leaves tf-keras-vis's maps of a case, and the Agreement tab finds them."""

from dataclasses import asdict, dataclass
from pathlib import Path

from mammo_core.paths import read_kept_json, write_json, writing
from mammo_ui.map_numbers import MapFrame, read_frame
from mammo_ui.overlay_store import Subject, overlay_path


@dataclass(frozen=True)
class CrossCheck:
    """The library's map by one method beside ours.

    Attributes:
        method: Our name of the method, a key of `METHODS`.
        rank_correlation: Of both maps over the pixels; None where one says nothing.
        note: In what the two are known to differ.
        frame: How the library's numbers are to be drawn, None where there are none.
        refusal: Why the library has no map; empty where it has one.
    """

    method: str
    rank_correlation: float | None = None
    note: str = ""
    frame: MapFrame | None = None
    refusal: str = ""


def library_path(subject: Subject, method: str) -> Path:
    """Where the numbers of the library's map lie, beside those of ours."""
    return overlay_path(subject, method).with_suffix(".library.map")


def read_cross_check(subject: Subject, method: str) -> CrossCheck | None:
    """What was found before, None where nothing was."""
    content = read_kept_json(library_path(subject, method).with_suffix(".json"))
    if content is None:
        return None
    framed = {"frame": read_frame(content["frame"])} if content["frame"] else {}
    return CrossCheck(**content | framed)


def write_cross_check(subject: Subject, found: CrossCheck, numbers: bytes) -> None:
    """Leave what was found; the facts last, once all is there.

    Raises:
        MammoError: Where the disk is full or cannot be written.
    """
    path = library_path(subject, found.method)
    with writing(path) as temporary:
        temporary.write_bytes(numbers)
    write_json(path.with_suffix(".json"), asdict(found))
