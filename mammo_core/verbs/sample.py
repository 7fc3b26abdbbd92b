"""The verb `sample`: synthetic mammography exams as DICOM files."""

import time
from pathlib import Path
from typing import Annotated, Any

import typer

from mammo_core.config import parse_size
from mammo_core.progress import current_progress


def sample(
    out: Annotated[Path, typer.Argument(help="Folder to write: new, empty or an earlier sample.")],
    *,
    patients: Annotated[int, typer.Option(help="How many, four views each.")],
    seed: Annotated[int, typer.Option(help="Another seed, other patients.")] = 0,
    size: Annotated[str, typer.Option(help="ROWSxCOLUMNS, from 160x128.")] = "640x512",
    shortcut: Annotated[
        bool, typer.Option("--shortcut", help="Burn in a tag that goes with the label.")
    ] = False,
    difficulty: Annotated[
        float, typer.Option(help="From 0, lesions leap to the eye, to 1, many hide.")
    ] = 0.5,
    split: Annotated[str, typer.Option(help="train, val or test, for all images.")] = "",
) -> dict[str, Any]:
    """Write synthetic mammography exams: DICOM files, lesion masks and labels.csv.

    Half of the patients are normal, a quarter benign, a quarter malignant. The same seed gives the
    same bytes; run again after an interruption, it goes on where it stopped.

    Example: python -m mammo_core sample my_sample --patients 24 --seed 1 --split test
    """
    from mammo_core.phantom.sample import SampleSettings, write_sample

    start = time.monotonic()
    settings = SampleSettings(
        seed=seed, size=parse_size(size), shortcut=shortcut, difficulty=difficulty, split=split
    )
    written = write_sample(out, patients, settings, current_progress())
    seconds = round(time.monotonic() - start, 2)
    return {**written, "seconds": seconds, "folder": str(out.resolve())}
