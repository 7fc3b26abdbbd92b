"""A file that a user brings: looked at by the gate, shown to the model, never kept."""

import base64
import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import streamlit as st

from mammo_core.types import Verdict
from mammo_ui import model_tasks, pictures
from mammo_ui.model_tasks import FilePrediction
from mammo_ui.passing_files import passing_folder
from mammo_ui.worker import WORKER


@dataclass(frozen=True, eq=False)
class Upload:
    """What was brought.

    Attributes:
        digest: SHA-256 of the content; what is computed from it is kept by this.
        content: The file's bytes.
        suffix: The end of its name, such as ".dcm".
    """

    digest: str
    content: bytes
    suffix: str


@dataclass(frozen=True)
class Look:
    """What a file is, before any model saw it.

    Attributes:
        verdict: The gate's.
        picture: The image as a data address; None where the file cannot be read.
        aspect: Columns divided by rows.
        is_ours: Whether its header names a scanner of our synthetic exams.
    """

    verdict: Verdict
    picture: str | None
    aspect: float
    is_ours: bool = False


def receive(name: str, content: bytes) -> Upload:
    """The upload of that file name and content."""
    suffix = Path(name).suffix.lower()
    known = suffix if suffix.isascii() and suffix[1:].isalnum() and len(suffix) < 8 else ""
    return Upload(hashlib.sha256(content).hexdigest(), content, known)


def look_at(upload: Upload) -> Look:
    """The gate's verdict and the picture."""
    return _look(upload.digest, upload)


def predict(upload: Upload, model_id: str, sha256: str, methods: Sequence[str]) -> (
    FilePrediction
):  # fmt: skip
    """What the model says about the file.

    Raises:
        MammoError: Where the file cannot be read, or the worker ended.
    """
    return _predict(upload.digest, model_id, sha256, tuple(methods), upload)


@contextmanager
def as_file(upload: Upload) -> Iterator[Path]:
    """The upload as a file that is gone afterwards; its name tells nothing of the user's own."""
    with passing_folder() as folder:
        path = folder / f"{upload.digest[:16]}{upload.suffix}"
        path.write_bytes(upload.content)
        yield path


@st.cache_data(max_entries=16, show_spinner=False)
def _look(digest: str, _upload: Upload) -> Look:
    from mammo_core.file_prediction import look_at
    from mammo_core.synthetic_only import is_generated

    with as_file(_upload) as path:
        verdict, seen = look_at(path)
    if seen is None:
        return Look(verdict, None, 1.0)
    mammogram = seen[0]
    picture = base64.b64encode(pictures.encode_jpeg(mammogram.pixels, pictures.UPLOAD)).decode()
    aspect = mammogram.columns / mammogram.rows
    return Look(
        verdict, f"data:image/jpeg;base64,{picture}", aspect, is_generated(mammogram.manufacturer)
    )


@st.cache_data(max_entries=16, show_spinner="Asking the model")
def _predict(
    digest: str, model_id: str, sha256: str, methods: tuple[str, ...], _upload: Upload
) -> FilePrediction:
    with as_file(_upload) as path:
        return WORKER.run("predicting an upload", model_tasks.predict_file, model_id, path, methods)
