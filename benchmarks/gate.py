"""What the gate costs on a decoded image, and where the time goes."""

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import time
from collections.abc import Callable

import cv2
import numpy as np

from mammo_core.breast import find_breast
from mammo_core.gate import judge
from mammo_core.picture_features import measure_picture
from mammo_core.types import Mammogram

BUDGET_MS = 50.0
ROUNDS = 15
SHAPES = ((1024, 832), (3328, 2560), (13000, 10000))


def rows() -> list[dict[str, object]]:
    """The verdict on half disks of grain and on noise, in milliseconds of one core.

    Both are refused, which costs most: they are looked at turned and as a crop, too.
    """
    cv2.setNumThreads(1)
    return [
        *(_verdict_row(f"a half disk, {h}x{w}", _draw_breast((h, w))) for h, w in SHAPES),
        _verdict_row("noise, 3328x2560", _draw_noise((3328, 2560))),
        *_part_rows(_draw_breast((3328, 2560))),
    ]


def _verdict_row(title: str, pixels: np.ndarray) -> dict[str, object]:
    mammogram, breast = Mammogram(pixels=pixels), find_breast(pixels)
    return _row(f"The gate on {title}", _measure_ms(lambda: judge(mammogram, breast)), BUDGET_MS)


def _part_rows(pixels: np.ndarray) -> list[dict[str, object]]:
    """What leads to the verdict; finding the breast serves the preparation as well."""
    breast = find_breast(pixels)
    return [
        _row("Finding the breast, 3328x2560", _measure_ms(lambda: find_breast(pixels)), None),
        _row("The gate's features", _measure_ms(lambda: measure_picture(breast)), None),
    ]


def _measure_ms(work: Callable[[], object]) -> float:
    """Median CPU milliseconds."""
    work()
    spent = []
    for _ in range(ROUNDS):
        start = time.process_time()
        work()
        spent.append(1000 * (time.process_time() - start))
    return float(np.median(spent))


def _draw_breast(shape: tuple[int, int]) -> np.ndarray:
    """A half disk with grain that fades towards its rim, made small and enlarged."""
    y, x = np.mgrid[:512, :416]
    depth = 1 - ((y - 260) / 230) ** 2 - (x / 260) ** 2
    grain = cv2.GaussianBlur(np.random.default_rng(0).standard_normal((512, 416)), (0, 0), 4)
    tissue = np.where(depth > 0, np.sqrt(np.abs(depth)) * (0.6 + grain), 0)
    tissue = np.clip(tissue, 0, 1).astype(np.float32)
    return cv2.resize(tissue, shape[::-1], interpolation=cv2.INTER_LINEAR)


def _draw_noise(shape: tuple[int, int]) -> np.ndarray:
    return np.random.default_rng(0).random(shape, np.float32)


def _row(name: str, figure: float, budget: float | None) -> dict[str, object]:
    ratio = figure / budget if budget else None
    return {"benchmark": name, "figure": figure, "unit": "ms", "budget": budget, "ratio": ratio}
