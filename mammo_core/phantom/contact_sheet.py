"""A contact sheet: patients' four views hung as a reader hangs them, RCC LCC RMLO LMLO."""

import argparse
import logging
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from mammo_core.paths import state_folder, writing
from mammo_core.phantom.patient import Patient, View, draw_patient
from mammo_core.phantom.render import render_view
from mammo_core.types import Laterality

HANGING: tuple[tuple[Laterality, View], ...] = (
    ("R", "CC"),
    ("L", "CC"),
    ("R", "MLO"),
    ("L", "MLO"),
)
GAP, GAP_SHADE = 2, 0.2  # pixels around each view, gray level
LOG = logging.getLogger(__name__)


def draw_contact_sheet(
    patients: list[Patient], size: tuple[int, int], across: int = 2
) -> NDArray[np.uint8]:
    """(H, W) gray picture of all views, `across` patients in a row."""
    strips = [_strip(patient, size) for patient in patients]
    rows = [np.hstack(strips[i : i + across]) for i in range(0, len(strips), across)]
    return np.vstack(rows)


def _strip(patient: Patient, size: tuple[int, int]) -> NDArray[np.uint8]:
    views = [render_view(patient, *hung, size=size).gray for hung in HANGING]
    same = [cv2.resize(view, size[::-1], interpolation=cv2.INTER_AREA) for view in views]
    framed = [np.pad(view, GAP, constant_values=GAP_SHADE) for view in same]
    return np.round(255 * np.hstack(framed)).astype(np.uint8)


def main() -> None:
    """Write the sheet of a set's first patients."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=state_folder() / "contact_sheet.png")
    parser.add_argument("--patients", type=int, default=6)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--rows", type=int, default=320)
    words = parser.parse_args()
    patients = [draw_patient(words.seed, words.first + n) for n in range(words.patients)]
    sheet = draw_contact_sheet(patients, (words.rows, round(words.rows * 0.8)))
    with writing(words.out) as temporary:
        temporary.write_bytes(cv2.imencode(".png", sheet)[1].tobytes())
    LOG.info("%s", words.out)


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    main()
