"""Pictures that are no mammograms, by kind: drawn ones here, photographed ones by `pictures`."""

from collections.abc import Callable, Iterator
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

Image = NDArray[Any]
Draw = Callable[[np.random.Generator], Image]

FONTS = (0, 1, 2, 3, 4, 5)
"""OpenCV's Hershey fonts without the script ones."""


def _size(rng: np.random.Generator) -> tuple[int, int]:
    rows = int(rng.integers(300, 1100))
    return rows, round(rows * rng.uniform(0.65, 1.1))


def _normal(rng: np.random.Generator) -> Image:
    return rng.standard_normal(_size(rng), np.float32)


def power_law(rng: np.random.Generator, exponent: float, size: tuple[int, int]) -> Image:
    """Noise whose power falls with the frequency to the power -exponent, in [0, 1]."""
    frequency = np.hypot(np.fft.fftfreq(size[0])[:, None], np.fft.rfftfreq(size[1])[None])
    frequency[0, 0] = 1
    spectrum = np.fft.rfft2(rng.standard_normal(size)) * frequency ** (-exponent / 2)
    return _to_unit(np.fft.irfft2(spectrum, size))


def _to_unit(image: Image) -> Image:
    image = image.astype(np.float32)
    return (image - image.min()) / max(float(np.ptp(image)), 1e-6)


def half_disk(size: tuple[int, int], rng: np.random.Generator) -> NDArray[np.bool_]:
    """A breast's outline, drawn: a half superellipse at the left edge, its lower half fuller."""
    return draw_depth(size, rng) > 0


def soft_half_disk(size: tuple[int, int], rng: np.random.Generator) -> Image:
    """The same outline whose rim fades to black, over a fifteenth to a third of its depth."""
    return np.clip(draw_depth(size, rng) * rng.uniform(3, 15), 0, 1)


def draw_depth(size: tuple[int, int], rng: np.random.Generator) -> Image:
    """1 in the middle of a breast's chest wall, 0 at its skin line, negative beyond."""
    y, x = np.mgrid[: size[0], : size[1]]
    center, half = size[0] * rng.uniform(0.45, 0.6), size[0] * rng.uniform(0.3, 0.45)
    y = (y - center) / half
    y = np.where(y < 0, y * rng.uniform(0.8, 1), y)
    reach = size[1] * rng.uniform(0.45, 0.92)
    r = np.abs(y) ** rng.uniform(1.8, 2.6) + (x / reach) ** rng.uniform(1.6, 2.4)
    depth: Image = 1 - np.sqrt(r)
    return depth


def draw_white_noise(rng: np.random.Generator) -> Image:
    """Normal, uniform or Poisson noise, at some grain."""
    noise = _normal(rng)
    kind = rng.integers(4)
    if kind == 1:
        noise = rng.random(noise.shape, np.float32)
    elif kind == 2:
        noise = rng.poisson(3, noise.shape)
    elif kind == 3:
        noise = cv2.resize(noise[::8, ::8], noise.shape[::-1], interpolation=int(rng.integers(3)))
    return noise


def draw_colored_noise(rng: np.random.Generator) -> Image:
    """Power-law, walked or banded noise over the whole picture."""
    kind, size = rng.integers(3), _size(rng)
    if kind == 0:
        return power_law(rng, rng.uniform(0.5, 4.5), size)
    noise = rng.standard_normal(size, np.float32)
    if kind == 1:
        return np.cumsum(np.cumsum(noise, 0), 1)
    return cv2.GaussianBlur(noise, (0, 0), rng.uniform(1, 30))


def draw_noise_in_breast(rng: np.random.Generator) -> Image:
    """Noise in a breast's outline: white, power-law or smooth, hard against black."""
    size = _size(rng)
    kind = rng.integers(3)
    if kind == 0:
        inside = _to_unit(rng.standard_normal(size))
    elif kind == 1:
        inside = power_law(rng, rng.uniform(0.5, 4), size)
    else:
        inside = _to_unit(cv2.GaussianBlur(rng.standard_normal(size), (0, 0), rng.uniform(1, 12)))
    return half_disk(size, rng) * (rng.uniform(0.2, 0.6) + inside)


def draw_shade_in_breast(rng: np.random.Generator) -> Image:
    """A flat, graded or striped half disk, perhaps with a little noise."""
    size = _size(rng)
    shape = half_disk(size, rng)
    y, x = np.mgrid[: size[0], : size[1]]
    depth = cv2.distanceTransform(np.pad(shape, ((1, 1), (0, 1))).astype(np.uint8), 2, 3)
    fills = (
        np.full(size, 0.7),
        1.2 - x / size[1],
        0.1 + np.minimum(depth[1:-1, :-1] / depth.max(), 0.5),
        0.6 + 0.3 * np.sin(x / rng.uniform(3, 30)),
        0.6 + 0.3 * np.sign(np.sin(x / 13) * np.sin(y / 13)),
    )
    shade = fills[int(rng.integers(len(fills)))]
    grain = rng.choice([0, 0.01, 0.05]) * rng.standard_normal(size)
    return shape * np.clip(shade + grain, 0.05, 2)


def draw_noise_in_soft_breast(rng: np.random.Generator) -> Image:
    """Power-law noise, at times folded as clouds and leaves look, in an outline that fades."""
    size = _size(rng)
    inside = power_law(rng, rng.uniform(0.5, 4.5), size)
    if rng.random() < 0.4:
        inside = np.abs(inside - np.median(inside)) * 2
    return soft_half_disk(size, rng) * (rng.uniform(0.1, 0.8) + inside)


def draw_ball_in_soft_breast(rng: np.random.Generator) -> Image:
    """A shaded ball, a planet with craters or half a skull, its rim soft."""
    size = _size(rng)
    depth = draw_depth(size, rng)
    grain = power_law(rng, rng.uniform(1.8, 2.8), size) - 0.5
    rim = (depth > 0) & (depth < rng.uniform(0.03, 0.12))
    drawn = (
        np.clip(depth, 0, 1) ** rng.uniform(0.3, 0.8) * (0.7 + 0.6 * grain),
        np.clip(8 * depth, 0, 1) * (0.3 + 0.4 * np.clip(depth, 0, 1) + 0.4 * grain),
        np.where(rim, 1, (depth > 0) * (0.45 + 0.3 * grain)),
    )
    return drawn[int(rng.integers(3))]


def draw_shapes(rng: np.random.Generator) -> Image:
    """Disks, boxes, lines and polygons, as in masks and drawings."""
    size = _size(rng)
    canvas = np.full(size, rng.choice([0, 0, 40, 255]), np.uint8)
    for _ in range(int(rng.integers(1, 12))):
        a, b = (tuple(int(v) for v in rng.integers(0, size[::-1])) for _ in range(2))
        level, thick = int(rng.integers(60, 256)), int(rng.choice([-1, 2, 6]))
        if rng.random() < 0.5:
            cv2.circle(canvas, a, int(rng.integers(10, size[1] // 3)), level, thick)
        else:
            cv2.rectangle(canvas, a, b, level, thick)
    return canvas


def draw_gradients(rng: np.random.Generator) -> Image:
    """Ramps, stripes, checkerboards, rings and heat maps."""
    size = _size(rng)
    y, x = np.mgrid[-1 : 1 : 1j * size[0], -1 : 1 : 1j * size[1]]
    angle, scale = rng.uniform(0, np.pi), rng.uniform(5, 80)
    along = np.cos(angle) * x + np.sin(angle) * y
    blobs = sum(
        np.exp(-((x - p) ** 2 + (y - q) ** 2) / s)
        for p, q, s in rng.uniform((-1, -1, 0.01), (1, 1, 0.4), (5, 3))
    )
    drawn = (along, np.sin(scale * along), np.sign(np.sin(scale * x) * np.sin(scale * y)))
    more = (np.hypot(x, y), np.sin(scale * np.hypot(x, y)), np.maximum(blobs, 0.2), blobs)
    return (*drawn, *more)[int(rng.integers(7))]


def draw_page(rng: np.random.Generator) -> Image:
    """Lines of text in one or two columns, dark on light or light on dark."""
    size = _size(rng)
    page = np.full(size, 255, np.uint8)
    scale, step = rng.uniform(0.3, 1.1), int(rng.integers(14, 40))
    words = ("report", "breast", "left", "12.03", "density", "of the", "normal", "IMAGE", "kV")
    left = int(rng.integers(5, 60))
    for row in range(step, size[0] - step, step):
        line = " ".join(rng.choice(words, int(rng.integers(2, 12))))
        cv2.putText(page, line, (left, row), int(rng.choice(FONTS)), scale, 0, 1)
    return page if rng.random() < 0.6 else 255 - page


def draw_chart(rng: np.random.Generator) -> Image:
    """Bars or curves with axes."""
    size = _size(rng)
    chart = np.full(size, 255, np.uint8)
    n = int(rng.integers(4, 20))
    xs = np.linspace(40, size[1] - 20, n).astype(int)
    ys = rng.integers(30, size[0] - 40, n)
    if rng.random() < 0.5:
        cv2.polylines(chart, [np.stack([xs, ys], 1).astype(np.int32)], False, 60, 3)
    else:
        for x, y in zip(xs, ys, strict=True):
            cv2.rectangle(chart, (x, int(y)), (x + 15, size[0] - 30), 120, -1)
    cv2.rectangle(chart, (30, 20), (size[1] - 10, size[0] - 30), 0, 1)
    return chart if rng.random() < 0.5 else 255 - chart


def draw_sector(rng: np.random.Generator) -> Image:
    """Speckle in a fan or a box on black, as ultrasound has it, with a scale beside it."""
    size = _size(rng)
    y, x = np.mgrid[: size[0], : size[1]]
    angle = np.arctan2(x - size[1] / 2, y + size[0] * rng.uniform(0.05, 0.4))
    radius = np.hypot(x - size[1] / 2, y)
    fan = (np.abs(angle) < rng.uniform(0.4, 0.8)) & (radius < 0.95 * size[0])
    box = (x > 0.1 * size[1]) & (x < 0.9 * size[1]) & (y > 0.08 * size[0])
    shape = fan if rng.random() < 0.6 else box
    speckle = cv2.GaussianBlur(rng.standard_normal(size), (0, 0), rng.uniform(1, 4))
    tissue = power_law(rng, 3, size)
    return shape * (tissue + 0.1) * np.exp(0.5 * speckle / speckle.std())


def draw_slice(rng: np.random.Generator) -> Image:
    """An oval body with ribs or a skull, organs and noise, as a slice or a chest film has it."""
    size = _size(rng)
    canvas = np.zeros(size, np.float32)
    center = size[1] // 2, size[0] // 2
    axes = int(size[1] * rng.uniform(0.3, 0.48)), int(size[0] * rng.uniform(0.25, 0.45))
    cv2.ellipse(canvas, center, axes, 0, 0, 360, 1.0, -1)
    cv2.ellipse(canvas, center, (axes[0] - 12, axes[1] - 12), 0, 0, 360, rng.uniform(0.3, 0.6), -1)
    for _ in range(int(rng.integers(3, 14))):
        at = tuple(int(c + rng.uniform(-0.6, 0.6) * a) for c, a in zip(center, axes, strict=True))
        organ = int(axes[0] * rng.uniform(0.05, 0.4)), int(axes[1] * rng.uniform(0.05, 0.4))
        cv2.ellipse(canvas, at, organ, rng.uniform(0, 180), 0, 360, rng.uniform(0, 0.9), -1)
    canvas += 0.2 * canvas * power_law(rng, 2.5, size)
    return canvas + rng.uniform(0.005, 0.05) * rng.standard_normal(size)


def draw_quality_phantom(rng: np.random.Generator) -> Image:
    """An accreditation phantom: a plain block with fibers, specks and disks."""
    size = _size(rng)
    canvas = np.full(size, 0.05, np.float32)
    block = slice(int(size[0] * 0.2), int(size[0] * rng.uniform(0.7, 0.9)))
    canvas[block, : int(size[1] * rng.uniform(0.5, 0.95))] = 0.6
    for _ in range(16):
        at = int(rng.uniform(0.05, 0.6) * size[1]), int(rng.uniform(0.25, 0.7) * size[0])
        cv2.circle(canvas, at, int(rng.integers(2, size[1] // 25)), rng.uniform(0.62, 0.8), -1)
    return canvas + 0.02 * rng.standard_normal(size)


DRAWN: dict[str, Draw] = {
    "white noise": draw_white_noise,
    "colored noise": draw_colored_noise,
    "noise in a breast's outline": draw_noise_in_breast,
    "shade in a breast's outline": draw_shade_in_breast,
    "noise in a soft outline": draw_noise_in_soft_breast,
    "balls with a soft rim": draw_ball_in_soft_breast,
    "shapes": draw_shapes,
    "gradients": draw_gradients,
    "pages of text": draw_page,
    "charts": draw_chart,
    "drawn ultrasound": draw_sector,
    "drawn slices": draw_slice,
    "drawn quality phantoms": draw_quality_phantom,
}
"""Kinds that a program draws, without end."""

N_DRAWN = 40
"""How many of each kind are drawn for a fit."""


def draw(kind: str, number: int) -> Image:
    """The stranger of that kind with that number; the same each time."""
    rng = np.random.default_rng((number, *kind.encode()))
    return np.ascontiguousarray(_to_unit(np.nan_to_num(DRAWN[kind](rng))))


def list_drawn() -> Iterator[tuple[str, int]]:
    """(kind, number) of every stranger that is drawn."""
    return ((kind, number) for kind in DRAWN for number in range(N_DRAWN))
