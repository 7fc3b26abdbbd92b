"""Several maps of one image in several formats, what cannot be written told beside the rest."""

import io
import json
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass

from mammo_core.errors import BadConfiguration, UnreadableFile
from mammo_core.explanation_exports.dicom_objects import (
    write_parametric_map,
    write_secondary_capture,
)
from mammo_core.explanation_exports.exported_image import ExportedImage
from mammo_core.explanation_exports.formats import FORMATS, FormatName
from mammo_core.explanation_exports.pictures import write_npz, write_png
from mammo_core.explanation_folders import safe_name
from mammo_core.explanations import Explanation, Refusal
from mammo_core.overlays import is_blank
from mammo_core.types import Progress, no_progress

WRITERS = {
    "png": write_png,
    "npz": write_npz,
    "dicom-pm": write_parametric_map,
    "dicom-sc": write_secondary_capture,
}
BLANK = "The map is constant or not finite: it says nothing, and is drawn nowhere"


@dataclass(frozen=True)
class ExportedFile:
    """One map in one format.

    Attributes:
        name: Of the file.
        content: Its bytes.
        method: A key of `METHODS`.
        format: A key of `FORMATS`.
    """

    name: str
    content: bytes
    method: str
    format: FormatName


@dataclass(frozen=True)
class Unwritten:
    """Why there is no such file.

    Attributes:
        method: A key of `METHODS`.
        format: A key of `FORMATS`, "" where the method has no map at all.
        reason: In words.
    """

    method: str
    format: str
    reason: str


def export_maps(
    image: ExportedImage,
    answers: Sequence[Explanation | Refusal],
    formats: Sequence[FormatName],
    progress: Progress = no_progress,
) -> Iterator[ExportedFile | Unwritten]:
    """A file, or the reason why there is none, for each map and format.

    Args:
        image: Whose maps they are.
        answers: What the methods answered.
        formats: Keys of `FORMATS`.
        progress: Told before each file; may end the work.

    Raises:
        MammoError: Where the salt of hidden ids cannot be read or made.
    """
    total = len(answers) * len(formats)
    for place, answer in enumerate(answers):
        if isinstance(answer, Refusal):
            yield Unwritten(answer.method, "", answer.reason)
            continue
        for number, name in enumerate(formats, place * len(formats)):
            progress(number, total, f"Exporting {image.image_id}")
            yield _export(image, answer, name)


def zip_files(files: Iterable[ExportedFile | Unwritten]) -> bytes:
    """One archive of all files, with `unwritten.json` where there are reasons to tell."""
    stream, unwritten = io.BytesIO(), []
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in files:
            if isinstance(file, Unwritten):
                unwritten.append(asdict(file))
            else:
                archive.writestr(file.name, file.content)
        if unwritten:
            archive.writestr("unwritten.json", json.dumps(unwritten, indent=1))
    return stream.getvalue()


def read_formats(text: str) -> tuple[FormatName, ...]:
    """("png", "dicom-pm") from "png,dicom-pm".

    Raises:
        BadConfiguration: For an unknown format, or none.
    """
    words = [word.strip() for word in text.split(",") if word.strip()]
    found = tuple(name for name in FORMATS if name in words)
    if not found or set(words) - set(found):
        raise BadConfiguration(f"Expected formats of {','.join(FORMATS)}, got '{text}'")
    return found


def _export(
    image: ExportedImage, explanation: Explanation, name: FormatName
) -> ExportedFile | Unwritten:
    if name != "npz" and is_blank(explanation.attribution):
        return Unwritten(explanation.method, name, BLANK)
    try:
        content = WRITERS[name](image, explanation)
    except UnreadableFile as error:
        return Unwritten(explanation.method, name, str(error))
    words = (image.image_id, explanation.method, explanation.target)
    file = ".".join(map(safe_name, words)) + FORMATS[name].ending
    return ExportedFile(file, content, explanation.method, name)
