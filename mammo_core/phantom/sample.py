"""A whole set of synthetic exams on disk: DICOM files, lesion masks, labels.csv, sample.json."""

import csv
import io
import multiprocessing
import os
import shutil
import signal
import threading
from collections import Counter
from collections.abc import Generator, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2

from mammo_core.config import to_mapping
from mammo_core.errors import BadConfiguration, BadDataset, MammoError
from mammo_core.paths import read_json, write_json, write_text, writing
from mammo_core.phantom.patient import (
    LATERALITIES,
    VIEWS,
    Patient,
    View,
    draw_patient,
    stream_of,
)
from mammo_core.phantom.render import render_view
from mammo_core.phantom.scanner import SCANNERS
from mammo_core.phantom.writer import write_view
from mammo_core.types import Laterality, Progress, no_progress

GENERATOR = "mammo_core.phantom"
VERSION = 1
SMALLEST, LARGEST = (160, 128), (4096, 3328)
TAG_SHARES = {"normal": 0.05, "benign": 0.05, "malignant": 0.95}
COLUMNS = (
    "image_id",
    "patient_id",
    "exam_id",
    "laterality",
    "view",
    "label",
    "split",
    "path",
    "mask_path",
    "lesion",
    "density",
    "age",
    "manufacturer",
    "birads",
    "tag",
    "pixel_spacing_mm",
    "rows",
    "columns",
)
OWN_ENTRIES = {"dicom", "masks", "labels.csv", "sample.json"}
BESIDE_THEM = {"README.md", "index.parquet", "refused.csv", "dataset.json"}
"""What may lie in a sample's folder once it was described or indexed in place."""


@dataclass(frozen=True, kw_only=True)
class SampleSettings:
    """What makes one set differ from another.

    Attributes:
        seed: Of everything that is drawn, not negative.
        size: (rows, columns) around which each scanner has its own matrix, from 160x128.
        shortcut: Whether a burned-in tag goes with the label.
        difficulty: 0 (lesions leap to the eye) to 1 (many hide).
        split: What the table's split column says for all images, empty for none.
    """

    seed: int = 0
    size: tuple[int, int] = (640, 512)
    shortcut: bool = False
    difficulty: float = 0.5
    split: str = ""

    def __post_init__(self) -> None:
        if self.seed < 0:
            raise BadConfiguration(f"Seed must be 0 or more, got {self.seed}")
        if not 0 <= self.difficulty <= 1:
            raise BadConfiguration(f"Difficulty must lie in [0, 1], got {self.difficulty}")
        fits = all(
            low <= side <= high
            for low, side, high in zip(SMALLEST, self.size, LARGEST, strict=True)
        )
        if not fits:
            raise BadConfiguration(
                f"Size must lie between {_by(SMALLEST)} and {_by(LARGEST)} (rows x columns), "
                f"got {_by(self.size)}"
            )
        if self.split not in ("", "train", "val", "test"):
            raise BadConfiguration(f"Split must be train, val or test, got '{self.split}'")


def write_sample(
    out: Path,
    patients: int,
    settings: SampleSettings,
    progress: Progress = no_progress,
    workers: int | None = None,
) -> dict[str, Any]:
    """Write a set of this many patients and return {images, patients, classes}.

    A folder that holds an earlier sample with the same settings is taken up where it ended; one
    with other settings is replaced. The table comes last, so that a set with a table is whole.

    Args:
        out: The folder.
        patients: How many, at least 1.
        settings: What to draw.
        progress: Told after each patient; may stop the work.
        workers: Processes; None for one a core.

    Raises:
        BadConfiguration: For less than one patient.
        BadDataset: Where `out` holds anything but an earlier sample.
        MammoError: Where it cannot be written.
    """
    if patients < 1:
        raise BadConfiguration(f"Expected at least 1 patient, got {patients}")
    out = Path(out)
    _take_folder(out, settings)
    drawn = [draw_patient(settings.seed, n, settings.difficulty) for n in range(patients)]
    _drop_others(out, {patient.patient_id for patient in drawn})
    missing = [patient for patient in drawn if not _is_written(out, patient)]
    _write_all(out, missing, settings, workers or os.cpu_count() or 1, progress)
    rows = [row for patient in drawn for row in table_rows(patient, settings)]
    write_text(out / "labels.csv", _to_csv(rows))
    classes = Counter(row["label"] for row in rows)
    return {"images": len(rows), "patients": patients, "classes": dict(classes)}


def has_tag(patient: Patient, laterality: Laterality, view: View, settings: SampleSettings) -> bool:
    """Whether this image has the shortcut's tag burned in."""
    if not settings.shortcut:
        return False
    draw = stream_of(settings.seed, patient.number, "tag", laterality, view).random()
    return bool(draw < TAG_SHARES[patient.label_of(laterality)])


def table_rows(patient: Patient, settings: SampleSettings) -> Iterator[dict[str, Any]]:
    """The patient's four rows of labels.csv."""
    scanner = SCANNERS[patient.scanner]
    frame = scanner.frame(settings.size)
    for laterality, view in _views():
        lesion = patient.lesion_in(laterality)
        yield {
            "image_id": _image_id(patient, laterality, view),
            "patient_id": patient.patient_id,
            "exam_id": f"{patient.patient_id}_E1",
            "laterality": laterality,
            "view": view,
            "label": patient.label_of(laterality),
            "split": settings.split,
            "path": _dicom_path(patient, laterality, view).as_posix(),
            "mask_path": _mask_path(patient, laterality, view).as_posix() if lesion else "",
            "lesion": lesion.kind if lesion else "",
            "density": patient.density,
            "age": patient.age,
            "manufacturer": scanner.manufacturer,
            "birads": "",
            "tag": int(has_tag(patient, laterality, view, settings)),
            "pixel_spacing_mm": round(frame.spacing_mm, 5),
            "rows": frame.rows,
            "columns": frame.columns,
        }


def write_patient(out: Path, patient: Patient, settings: SampleSettings) -> None:
    """Write one patient's four views, each mask before its image."""
    for laterality, view in _views():
        tag = has_tag(patient, laterality, view, settings)
        rendered = render_view(patient, laterality, view, settings.size, tag)
        if rendered.mask is not None:
            encoded = cv2.imencode(".png", rendered.mask.astype("uint8") * 255)[1]
            with writing(out / _mask_path(patient, laterality, view)) as temporary:
                temporary.write_bytes(encoded.tobytes())
        write_view(
            out / _dicom_path(patient, laterality, view), patient, laterality, view, rendered
        )


def _write_all(
    out: Path,
    patients: list[Patient],
    settings: SampleSettings,
    workers: int,
    progress: Progress,
) -> None:
    """Write patients; on a fault or an interrupt, those not yet begun stay away."""
    doing = "Drawing patients"
    progress(0, len(patients), doing)
    finished = _one_by_one if min(workers, len(patients)) <= 1 else _in_a_pool
    with closing(finished(out, patients, settings, workers)) as steps:
        for done, _ in enumerate(steps, start=1):
            progress(done, len(patients), doing)


def _one_by_one(
    out: Path, patients: list[Patient], settings: SampleSettings, workers: int
) -> Generator[None, None, None]:
    """Write patients in this process, yielding after each."""
    for patient in patients:
        write_patient(out, patient, settings)
        yield


def _in_a_pool(
    out: Path, patients: list[Patient], settings: SampleSettings, workers: int
) -> Generator[None, None, None]:
    """Write patients in several processes, yielding after each."""
    context = multiprocessing.get_context("spawn")
    count = min(workers, len(patients))
    pool = ProcessPoolExecutor(count, mp_context=context, initializer=_start_worker)
    others = set(multiprocessing.active_children())
    try:
        with _ignoring_interrupts():
            tasks = [pool.submit(write_patient, out, patient, settings) for patient in patients]
        for task in as_completed(tasks):
            task.result()
            yield
        pool.shutdown()
    except BrokenProcessPool as error:
        raise MammoError(
            "A drawing process died, perhaps of too little memory; run the command again"
        ) from error
    finally:
        # after an interrupt nobody waits for what is half drawn: files are whole or absent
        for process in set(multiprocessing.active_children()) - others:
            process.terminate()
        pool.shutdown(cancel_futures=True)


@contextmanager
def _ignoring_interrupts() -> Generator[None, None, None]:
    """Let processes that start in the block inherit that Ctrl-C is the parent's affair."""
    if threading.current_thread() is not threading.main_thread():
        yield  # only the main thread may change how signals are handled
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _start_worker() -> None:
    """Leave interrupts to the parent where they aren't inherited, other cores to other workers."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    cv2.setNumThreads(1)


def _take_folder(out: Path, settings: SampleSettings) -> None:
    """Make `out` ready for a set with these settings, or refuse it."""
    facts = {"made_by": GENERATOR, "version": VERSION, "synthetic": True, **to_mapping(settings)}
    try:
        found = {entry.name for entry in out.iterdir()} if out.exists() else set()
    except OSError as error:
        raise BadDataset(f"Expected a folder to write to, got {out}: {error.strerror}") from error
    if found - {"README.md"}:
        _check_own(out, found)
        earlier = read_json(out / "sample.json")
        if not isinstance(earlier, dict) or earlier.get("made_by") != GENERATOR:
            raise BadDataset(f"{out / 'sample.json'} isn't this program's; name another folder")
        if earlier != facts:
            _clear(out)
    (out / "labels.csv").unlink(missing_ok=True)
    write_json(out / "sample.json", facts)


def _check_own(out: Path, found: set[str]) -> None:
    foreign = sorted(found - OWN_ENTRIES - BESIDE_THEM)
    if foreign or "sample.json" not in found:
        name = foreign[0] if foreign else sorted(found)[0]
        raise BadDataset(
            f"Expected an empty folder or an earlier sample, got {out} with '{name}' in it; "
            "name another folder"
        )


def _clear(out: Path) -> None:
    shutil.rmtree(out / "dicom", ignore_errors=True)
    shutil.rmtree(out / "masks", ignore_errors=True)


def _drop_others(out: Path, patient_ids: set[str]) -> None:
    """Remove what an earlier run left of patients outside the set, and unfinished files."""
    for folder in (out / "dicom").glob("*"):
        if folder.name not in patient_ids:
            shutil.rmtree(folder, ignore_errors=True)
    for mask in (out / "masks").glob("*"):
        if mask.name.split("_")[0] not in patient_ids:
            mask.unlink()
    for unfinished in (out / "dicom").glob("*/.*.tmp"):
        unfinished.unlink()


def _is_written(out: Path, patient: Patient) -> bool:
    for laterality, view in _views():
        has_mask = patient.lesion_in(laterality) is not None
        if has_mask and not (out / _mask_path(patient, laterality, view)).is_file():
            return False
        if not (out / _dicom_path(patient, laterality, view)).is_file():
            return False
    return True


def _views() -> Iterator[tuple[Laterality, View]]:
    return ((laterality, view) for view in VIEWS for laterality in LATERALITIES)


def _image_id(patient: Patient, laterality: Laterality, view: View) -> str:
    return f"{patient.patient_id}_{laterality}{view}"


def _dicom_path(patient: Patient, laterality: Laterality, view: View) -> Path:
    return Path("dicom", patient.patient_id, f"{_image_id(patient, laterality, view)}.dcm")


def _mask_path(patient: Patient, laterality: Laterality, view: View) -> Path:
    return Path("masks", f"{_image_id(patient, laterality, view)}.png")


def _to_csv(rows: list[dict[str, Any]]) -> str:
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def _by(size: tuple[int, int]) -> str:
    return f"{size[0]}x{size[1]}"
