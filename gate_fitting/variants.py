"""What other film, other vendors and other software do to a mammogram, done to the ones at hand."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from mammo_core.breast import find_breast

Image = NDArray[Any]
Change = Callable[[Image, np.random.Generator], Image]


@dataclass(frozen=True)
class Variant:
    """One change; those of a family are left out of a fit together.

    Attributes:
        family: What is varied.
        change: The change of an (H, W) image in [0, 1], the chest wall on the left.
    """

    family: str
    change: Change


def _inside(image: Image) -> NDArray[np.bool_]:
    return find_breast(image).mask


def write(image: Image, text: str, place: tuple[int, int], size: float, level: float) -> None:
    """Write letters of a gray level into an image, their baseline's left end at (x, y)."""
    letters = np.zeros(image.shape, np.uint8)
    cv2.putText(letters, text, place, 0, size, 255, max(1, round(2 * size)))
    image[letters > 127] = level


def _noise(image: Image, rng: np.random.Generator, scale: float) -> Image:
    return image + np.float32(scale) * rng.standard_normal(image.shape, np.float32)


def bend_contrast(image: Image, rng: np.random.Generator) -> Image:
    """A gamma between 0.45 and 2."""
    return image ** np.float32(np.exp(rng.uniform(-0.8, 0.7)))


def window_narrowly(image: Image, rng: np.random.Generator) -> Image:
    """A window that saturates the densest tissue and drowns the skin."""
    low, high = np.percentile(image[_inside(image)], [rng.uniform(0, 12), rng.uniform(88, 99)])
    return (image - np.float32(low)) / np.float32(max(high - low, 0.05))


def window_softly(image: Image, rng: np.random.Generator) -> Image:
    """A sigmoid window around the tissue's median."""
    middle = np.float32(np.median(image[_inside(image)]))
    return 1 / (1 + np.exp(-np.float32(rng.uniform(5, 12)) * (image - middle)))


def equalize_locally(image: Image, rng: np.random.Generator) -> Image:
    """Contrast-limited adaptive equalization."""
    levels = (np.clip(image, 0, 1) * 255).astype(np.uint8)
    equalized = cv2.createCLAHE(rng.uniform(1.5, 4), (8, 8)).apply(levels)
    return equalized.astype(np.float32) / 255


def blank_air(image: Image, rng: np.random.Generator) -> Image:
    """Air set to 0, as digital units do."""
    return np.where(_inside(image), image, 0)


def equalize_thickness(image: Image, rng: np.random.Generator) -> Image:
    """The fall towards the skin taken out, as digital processing does, air blanked."""
    inside = _inside(image)
    weight = inside.astype(np.float32)
    sigma = max(image.shape) * rng.uniform(0.03, 0.08)
    smooth = cv2.GaussianBlur(image * weight, (0, 0), sigma)
    smooth = smooth / np.maximum(cv2.GaussianBlur(weight, (0, 0), sigma), 1e-3)
    level = np.float32(np.median(image[inside]))
    power = np.float32(rng.uniform(0.4, 0.8))
    return np.where(inside, image * (level / np.maximum(smooth, 0.03)) ** power, 0)


def look_digital(image: Image, rng: np.random.Generator) -> Image:
    """Thickness equalized, sharpened, a soft window."""
    return window_softly(sharpen(equalize_thickness(image, rng), rng), rng) * _inside(image)


def look_filmed(image: Image, rng: np.random.Generator) -> Image:
    """Fog that differs over the sheet, grain, a film's curve."""
    y, x = np.mgrid[-1 : 1 : 1j * image.shape[0], -1 : 1 : 1j * image.shape[1]]
    fog = rng.uniform(0.03, 0.12) * (1 + rng.uniform(-0.4, 0.4) * x + rng.uniform(-0.4, 0.4) * y)
    return _noise(0.85 * image ** np.float32(1.2) + fog.astype(np.float32), rng, 0.012)


def tilt_depth(image: Image, rng: np.random.Generator) -> Image:
    """The tissue's rim brightened or darkened towards the skin, by a power of the depth."""
    padded = np.pad(_inside(image), ((1, 1), (0, 1))).astype(np.uint8)
    depth = cv2.distanceTransform(padded, cv2.DIST_L2, 3)[1:-1, :-1]
    share = np.clip(depth / max(float(depth.max()) * rng.uniform(0.3, 1), 1e-6), 0.03, 1)
    return image * share ** np.float32(rng.uniform(-0.45, 0.8))


def process_anyhow(image: Image, rng: np.random.Generator) -> Image:
    """Some chain of processing that no one has seen yet: rim, contrast, sharpness, noise, air."""
    steps = (tilt_depth, bend_contrast, window_softly, equalize_locally, equalize_thickness)
    more = (sharpen, blur, add_noise, take_few_levels, blank_air, compress)
    for step in (
        tilt_depth,
        *rng.permutation(np.array(steps))[:2],
        *rng.permutation(np.array(more))[:2],
    ):
        image = np.clip(step(image, rng), 0, 1).astype(np.float32)
        image /= max(float(np.percentile(image, 99.8)), 0.05)
    return image


def add_noise(image: Image, rng: np.random.Generator) -> Image:
    """Quantum noise of a low dose."""
    return image + np.sqrt(np.abs(image)) * _noise(
        np.zeros_like(image), rng, rng.uniform(0.02, 0.08)
    )


def sharpen(image: Image, rng: np.random.Generator) -> Image:
    """An unsharp mask."""
    blurred = cv2.GaussianBlur(image, (0, 0), rng.uniform(1, 5))
    return image + np.float32(rng.uniform(0.5, 1.5)) * (image - blurred)


def blur(image: Image, rng: np.random.Generator) -> Image:
    """Motion, or a noise filter."""
    return cv2.GaussianBlur(image, (0, 0), max(image.shape) * rng.uniform(0.001, 0.0025))


def compress(image: Image, rng: np.random.Generator) -> Image:
    """JPEG of low quality."""
    levels = (np.clip(image, 0, 1) * 255).astype(np.uint8)
    _, data = cv2.imencode(".jpg", levels, [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(10, 40))])
    return np.asarray(cv2.imdecode(data, cv2.IMREAD_GRAYSCALE), np.float32) / 255


def add_plate(image: Image, rng: np.random.Generator) -> Image:
    """A lead marker and a lit name plate in the corner away from the chest wall."""
    changed, (rows, columns) = image.copy(), image.shape
    height, width = round(rows * rng.uniform(0.05, 0.12)), round(columns * rng.uniform(0.12, 0.3))
    top = round(rows * rng.uniform(0.01, 0.05))
    plate = changed[top : top + height, columns - width - 5 : columns - 5]
    plate[:] = rng.uniform(0.5, 1)
    write(plate, "R MLO 27-3", (4, height // 2), height / 90, 0.05)
    return changed


def add_letters(image: Image, rng: np.random.Generator) -> Image:
    """Burned-in letters beside the breast."""
    changed, (rows, columns) = image.copy(), image.shape
    for text in ("LCC", "28 kV 84 mAs"):
        place = int(columns * rng.uniform(0.55, 0.75)), int(rows * rng.uniform(0.03, 0.95))
        write(changed, text, place, rows / 900, 1)
    return changed


def add_strip(image: Image, rng: np.random.Generator) -> Image:
    """A cassette's bright edge opposite the breast, or around the film."""
    changed, wide = image.copy(), max(2, round(image.shape[1] * rng.uniform(0.01, 0.05)))
    changed[:, -wide:] = rng.uniform(0.5, 1)
    if rng.random() < 0.5:
        changed[-wide:] = changed[0, -1]
    return changed


def add_paddle(image: Image, rng: np.random.Generator) -> Image:
    """A compression paddle: a faint plate with a bright edge over air and breast."""
    changed = image.copy()
    edge = round(image.shape[1] * rng.uniform(0.75, 0.95))
    changed[:, :edge] += np.float32(rng.uniform(0.01, 0.06))
    changed[:, edge : edge + max(2, edge // 150)] += np.float32(rng.uniform(0.1, 0.3))
    return changed


def crop_craniocaudal(image: Image, rng: np.random.Generator) -> Image:
    """What lies around the widest place: a half disk, as in a craniocaudal view."""
    mask = find_breast(image).mask
    widths = mask.sum(axis=1)
    center = int(np.mean(np.flatnonzero(widths >= 0.97 * widths.max())))
    half = min(round(widths.max() * rng.uniform(0.75, 1.1)), center, len(widths) - center)
    y, x = np.mgrid[-1 : 1 : 2j * half, 0 : 1 : 1j * image.shape[1]]
    reach = widths.max() * 1.02 / image.shape[1]
    curve = (np.abs(y) / 0.97) ** 2.2 + (x / reach) ** 2.2 < 1
    crop = np.where(curve, image[center - half : center + half], float(np.percentile(image, 2)))
    return np.pad(cv2.GaussianBlur(crop, (0, 0), 1), ((half // 4, half // 4), (0, half // 8)))


def stretch(image: Image, rng: np.random.Generator) -> Image:
    """Another aspect: flatter or longer breasts."""
    columns, rows = image.shape[::-1]
    size = (round(columns * rng.uniform(0.75, 1.3)), rows)
    return cv2.resize(image, size, interpolation=cv2.INTER_AREA)


def lean(image: Image, rng: np.random.Generator) -> Image:
    """A film that lay askew by up to 6 degrees in the scanner."""
    rows, columns = image.shape
    turn = cv2.getRotationMatrix2D((0, rows / 2), rng.uniform(-6, 6), 1)
    return cv2.warpAffine(image, turn, (columns, rows), borderMode=cv2.BORDER_REPLICATE)


def tilt(degrees: float) -> Change:
    """A turn around the middle, black where the film ends: scanned askew, or straightened badly."""

    def change(image: Image, rng: np.random.Generator) -> Image:
        rows, columns = image.shape
        matrix = cv2.getRotationMatrix2D((columns / 2, rows / 2), degrees, 1)
        return cv2.warpAffine(image, matrix, (columns, rows))

    return change


def window_hard(low: float, high: float) -> Change:
    """A window that leaves only the gray levels between two, as a screen's may be set."""
    return lambda image, rng: (image - np.float32(low)) / np.float32(high - low)


def darken(gamma: float) -> Change:
    """A gamma that drowns fat."""
    return lambda image, rng: image ** np.float32(gamma)


def crop_tightly(image: Image, rng: np.random.Generator) -> Image:
    """The breast's box and a hundredth around it, as many archives ship."""
    top, bottom, left, right = find_breast(image).box
    room = round(0.01 * max(image.shape))
    return image[max(0, top - room) : bottom + room, max(0, left) : right + room]


def pad_with_air(image: Image, rng: np.random.Generator) -> Image:
    """Air on the right, above and below, as square exports have it."""
    rows, columns = image.shape
    low = float(np.percentile(image, 1))
    above, beside = round(rows * rng.uniform(0, 0.25)), round(columns * rng.uniform(0.1, 1))
    return np.pad(image, ((above, above), (0, beside)), constant_values=low)


def pad_chest_wall(image: Image, rng: np.random.Generator) -> Image:
    """A black border on the chest wall's side."""
    width = round(image.shape[1] * rng.uniform(0.01, 0.1))
    return np.pad(image, ((0, 0), (width, 0)))


def resize_to(image: Image, side: float) -> Image:
    """The image with another longer side."""
    scale = side / max(image.shape)
    size = tuple(max(1, round(length * scale)) for length in image.shape[::-1])
    return cv2.resize(image, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC)


def make_tiny(image: Image, rng: np.random.Generator) -> Image:
    """A thumbnail."""
    return resize_to(image, rng.uniform(128, 300))


def make_huge(image: Image, rng: np.random.Generator) -> Image:
    """A large scan."""
    return resize_to(image, rng.uniform(2000, 3500))


def take_few_levels(image: Image, rng: np.random.Generator) -> Image:
    """4 to 6 bits."""
    levels = 2 ** int(rng.integers(4, 7)) - 1
    return np.round(np.clip(image, 0, 1) * levels) / np.float32(levels)


VARIANTS: dict[str, Variant] = {
    "gamma": Variant("contrast", bend_contrast),
    "narrow window": Variant("contrast", window_narrowly),
    "soft window": Variant("contrast", window_softly),
    "local equalization": Variant("contrast", equalize_locally),
    "few gray levels": Variant("contrast", take_few_levels),
    "blanked air": Variant("vendor", blank_air),
    "equalized thickness": Variant("vendor", equalize_thickness),
    "digital look": Variant("vendor", look_digital),
    "film look": Variant("vendor", look_filmed),
    "rim tilted": Variant("vendor", tilt_depth),
    **{f"processed {n}": Variant("processing", process_anyhow) for n in range(1, 7)},
    "noise": Variant("sharpness", add_noise),
    "sharpened": Variant("sharpness", sharpen),
    "blurred": Variant("sharpness", blur),
    "low JPEG quality": Variant("sharpness", compress),
    "name plate": Variant("beside", add_plate),
    "letters": Variant("beside", add_letters),
    "cassette strip": Variant("beside", add_strip),
    "paddle": Variant("beside", add_paddle),
    "craniocaudal crop": Variant("shape", crop_craniocaudal),
    "stretched": Variant("shape", stretch),
    "askew": Variant("shape", lean),
    "tight crop": Variant("frame", crop_tightly),
    "more air": Variant("frame", pad_with_air),
    "border at the chest wall": Variant("frame", pad_chest_wall),
    "tiny": Variant("size", make_tiny),
    "huge": Variant("size", make_huge),
}
"""Still mammograms, to be accepted."""


def invert(image: Image, rng: np.random.Generator) -> Image:
    """Bright air."""
    return 1 - image


def turn(image: Image, rng: np.random.Generator) -> Image:
    """On its side."""
    return np.rot90(image, int(rng.choice((1, 3))))


def stand_on_head(image: Image, rng: np.random.Generator) -> Image:
    """Turned by 180 degrees."""
    return image[::-1, ::-1]


def magnify(image: Image, rng: np.random.Generator) -> Image:
    """A crop within the breast, no air."""
    top, bottom, left, right = find_breast(image).box
    high, wide = (bottom - top) // 3, (right - left) // 2
    row = top + high + int(rng.integers(0, max(high // 2, 1)))
    return image[row : row + high, left + wide // 8 : left + wide]


def put_implant(image: Image, rng: np.random.Generator) -> Image:
    """A bright smooth oval deep in the breast."""
    top, bottom, left, right = find_breast(image).box
    oval = np.zeros_like(image)
    center = left + (right - left) // 4, (top + bottom) // 2
    axes = round((right - left) * 0.35), round((bottom - top) * 0.2)
    cv2.ellipse(oval, center, axes, 0, 0, 360, 1.0, -1)
    oval = cv2.GaussianBlur(oval, (0, 0), 4)
    return image * (1 - oval) + oval * np.float32(np.percentile(image, 99))


def show_four(image: Image, rng: np.random.Generator) -> Image:
    """Four views hung on one sheet."""
    pair = np.hstack([image[:, ::-1], image])
    return np.vstack([pair, pair])


CROPS = ("a crop within", "another crop within", "a third crop within")

ODD: dict[str, Change] = {
    "inverted": invert,
    "on its side": turn,
    "on its head": stand_on_head,
    **dict.fromkeys(CROPS, magnify),
    "an implant": put_implant,
    "four on a sheet": show_four,
    **{f"tilted {d:+d}": tilt(d) for d in (-7, -5, 5, 7)},
    **{f"gamma {g}": darken(g) for g in (2.5, 3)},
    "window .2 to .7": window_hard(0.2, 0.7),
    "window .3 to .8": window_hard(0.3, 0.8),
}
"""Mammographic pixels in an odd state: a question at worst, no refusal. Crops tell what tissue
looks like that fills the picture; the others are never fitted."""


def apply(change: Change, image: Image, rng: np.random.Generator) -> Any:
    """The changed image, in [0, 1]."""
    changed = np.asarray(change(image, rng), np.float32)
    return np.ascontiguousarray(np.clip(np.nan_to_num(changed), 0, 1))
