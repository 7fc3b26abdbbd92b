"""Real pictures that are no mammograms, and the ways in which they may be cropped and shown."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from gate_fitting.strangers import half_disk, soft_half_disk
from gate_fitting.variants import write

Image = NDArray[Any]

REAL_FOLDER = "not_mammograms"
"""Below the folder of real images: pictures of other things, their kind told by NAMED."""

NAMED = {
    "chest_xray.dcm": "chest films",
    "chest_xray.png": "chest films",
    "ct.dcm": "CT",
    "mr.dcm": "MR",
    "ultrasound.dcm": "ultrasound",
    "visible_light.dcm": "photographs",
    "cat.jpg": "photographs",
}

PYDICOM = {
    "693_J2KI.dcm": "CT",
    "CT_small.dcm": "CT",
    "J2K_pixelrep_mismatch.dcm": "CT",
    "JPEG2000.dcm": "nuclear medicine",
    "MR_small.dcm": "MR",
    "examples_overlay.dcm": "MR",
    "examples_palette.dcm": "ultrasound",
    "examples_jpeg2k.dcm": "ultrasound",
    "examples_ybr_color.dcm": "ultrasound",
    "liver_1frame.dcm": "masks",
}
"""Of pydicom's own test files."""

SKIMAGE = {
    **dict.fromkeys(("astronaut.png", "camera.png", "chelsea.png", "coffee.png"), "photographs"),
    **dict.fromkeys(("coins.png", "motorcycle_left.png", "rocket.jpg"), "photographs"),
    **dict.fromkeys(("clock_motion.png", "moon.png", "hubble_deep_field.jpg"), "photographs"),
    **dict.fromkeys(("brick.png", "grass.png", "gravel.png"), "surfaces"),
    **dict.fromkeys(("retina.jpg", "microaneurysms.png", "cell.png", "ihc.png"), "microscopy"),
    **dict.fromkeys(("page.png", "text.png"), "printed text"),
    **dict.fromkeys(("horse.png", "phantom.png", "logo.png"), "masks"),
}
"""Of scikit-image's sample pictures."""

SKLEARN = {"china.jpg": "photographs", "flower.jpg": "photographs"}
"""Of scikit-learn's sample pictures."""


def list_photographs(real: Path) -> Iterator[tuple[str, Path]]:
    """(kind, file) of every real picture at hand that is no mammogram."""
    import pydicom
    import skimage
    import sklearn

    folders = (
        (real / REAL_FOLDER, NAMED),
        (Path(pydicom.__file__).parent / "data" / "test_files", PYDICOM),
        (Path(skimage.__file__).parent / "data", SKIMAGE),
        (Path(sklearn.__file__).parent / "datasets" / "images", SKLEARN),
    )
    for folder, kinds in folders:
        for name, kind in kinds.items():
            if (folder / name).is_file():
                yield kind, folder / name


def read_gray(path: Path) -> Image:
    """A picture or a DICOM frame as (H, W) in [0, 1], colors averaged, 1 % of each tail cut."""
    if path.suffix == ".dcm":
        from pydicom.pixels import pixel_array

        stored = pixel_array(path, index=0)
    else:
        from PIL import Image as Pictures

        stored = np.asarray(Pictures.open(path).convert("RGB"))
    gray = (
        stored.astype(np.float32).mean(axis=-1) if stored.ndim == 3 else stored.astype(np.float32)
    )
    low, high = np.percentile(gray, [0.5, 99.5])
    return np.clip((gray - low) / max(high - low, 1e-6), 0, 1)


def show_whole(image: Image, rng: np.random.Generator) -> Image:
    """As it is."""
    return image


def invert(image: Image, rng: np.random.Generator) -> Image:
    """Dark for bright."""
    return 1 - image


def take_left_half(image: Image, rng: np.random.Generator) -> Image:
    """Cut at the middle: a straight edge, as a chest wall is."""
    return image[:, : image.shape[1] // 2]


def take_right_half(image: Image, rng: np.random.Generator) -> Image:
    """The other half."""
    return image[:, image.shape[1] // 2 :]


def crop(image: Image, rng: np.random.Generator) -> Image:
    """Some part of it."""
    rows, columns = (max(40, round(side * rng.uniform(0.3, 0.8))) for side in image.shape)
    top, left = (
        int(rng.integers(0, max(1, s - n)))
        for s, n in zip(image.shape, (rows, columns), strict=False)
    )
    return image[top : top + rows, left : left + columns]


def narrow(image: Image, rng: np.random.Generator) -> Image:
    """Another window."""
    low, high = np.percentile(image, [rng.uniform(0, 40), rng.uniform(60, 100)])
    return np.clip((image - low) / max(high - low, 0.05), 0, 1)


def darken_around(image: Image, rng: np.random.Generator) -> Image:
    """A vignette to black."""
    y, x = np.mgrid[-1 : 1 : 1j * image.shape[0], -1 : 1 : 1j * image.shape[1]]
    return image * np.clip(1.3 - np.hypot(x, y) * rng.uniform(0.9, 1.5), 0, 1)


def cut_out_breast(image: Image, rng: np.random.Generator) -> Image:
    """Only what lies in a breast's outline, on black."""
    return half_disk(image.shape, rng) * (0.15 + 0.85 * image)


def fade_out_breast(image: Image, rng: np.random.Generator) -> Image:
    """What lies in a breast's outline, fading to black at its rim as compressed skin does."""
    return soft_half_disk(image.shape, rng) * image


def put_on_black(image: Image, rng: np.random.Generator) -> Image:
    """In a black frame, at the left edge."""
    rows, columns = image.shape
    return np.pad(image, ((rows // 4, rows // 4), (0, round(columns * rng.uniform(0.3, 0.8)))))


def turn(image: Image, rng: np.random.Generator) -> Image:
    """On its side."""
    return np.rot90(image)


FADED = ("faded out", "faded out again", "faded out a third time")
"""Shown by `fade_out_breast`, each with an outline and a ramp of its own."""

SHOWN: dict[str, Callable[[Image, np.random.Generator], Image]] = {
    "whole": show_whole,
    "inverted": invert,
    "left half": take_left_half,
    "right half": take_right_half,
    "crop": crop,
    "other crop": crop,
    "third crop": crop,
    "window": narrow,
    "vignette": darken_around,
    "cut out": cut_out_breast,
    **dict.fromkeys(FADED, fade_out_breast),
    "on black": put_on_black,
    "turned": turn,
}


def scramble(image: Image, rng: np.random.Generator) -> Image:
    """A mammogram's blocks dealt anew."""
    side = min(image.shape) // int(rng.integers(4, 12))
    rows, columns = (length // side for length in image.shape)
    blocks = image[: rows * side, : columns * side].reshape(rows, side, columns, side)
    dealt = rng.permutation(blocks.swapaxes(1, 2).reshape(-1, side, side))
    return dealt.reshape(rows, columns, side, side).swapaxes(1, 2).reshape(rows * side, -1)


def keep_outline(image: Image, rng: np.random.Generator) -> Image:
    """A mammogram's breast mask."""
    from mammo_core.breast import find_breast

    return find_breast(image.astype(np.float32)).mask.astype(np.float32)


def fill_outline_with_noise(image: Image, rng: np.random.Generator) -> Image:
    """A real outline around white noise."""
    inside = keep_outline(image, rng)
    grain = cv2.GaussianBlur(rng.standard_normal(image.shape), (0, 0), rng.uniform(0.1, 3))
    return inside * np.clip(0.5 + 0.15 * grain / grain.std(), 0.1, 1)


def trace_edges(image: Image, rng: np.random.Generator) -> Image:
    """A mammogram's edges."""
    levels = (np.clip(image, 0, 1) * 255).astype(np.uint8)
    return cv2.Canny(levels, 20, 60).astype(np.float32) / 255


def show_small(image: Image, rng: np.random.Generator) -> Image:
    """A mammogram small in a viewer's window."""
    screen = np.full((800, 1280), 0.15, np.float32)
    screen[:40], screen[:, :220] = 0.8, 0.4
    small = cv2.resize(image, (200, 260), interpolation=cv2.INTER_AREA)
    screen[200:460, 500:700] = small
    for row in range(80, 760, 40):
        write(screen, "Study 27.3", (20, row), 0.7, 0.9)
    return screen


SPOILED: dict[str, Callable[[Image, np.random.Generator], Image]] = {
    "scrambled": scramble,
    "outline": keep_outline,
    "noise in its outline": fill_outline_with_noise,
    "edges": trace_edges,
    "small on a screen": show_small,
}
"""What is made of a mammogram and is none any more."""
