"""What a synthetic image costs on one core, from the seed to the file."""

import tempfile
import time
from pathlib import Path

import cv2

from mammo_core.phantom.patient import draw_patient
from mammo_core.phantom.sample import SampleSettings, write_patient

BUDGETS_S = {(640, 512): 0.3, (160, 128): 0.1}
PATIENTS = 6


def rows() -> list[dict]:
    """One row a size: CPU seconds an image, drawn, compressed and written."""
    return [_measure(size, budget) for size, budget in BUDGETS_S.items()]


def _measure(size: tuple[int, int], budget: float) -> dict:
    cv2.setNumThreads(1)
    settings = SampleSettings(seed=1, size=size)
    with tempfile.TemporaryDirectory() as folder:
        write_patient(Path(folder), draw_patient(1, 0), settings)
        start = time.process_time()
        for number in range(1, PATIENTS + 1):
            write_patient(Path(folder), draw_patient(1, number), settings)
        seconds = (time.process_time() - start) / (4 * PATIENTS)
    return {
        "benchmark": f"sample: one {size[0]}x{size[1]} image on one core",
        "figure": round(seconds, 3),
        "unit": "CPU s",
        "budget": budget,
        "ratio": round(seconds / budget, 2),
    }
