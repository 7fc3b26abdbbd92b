"""A few images of a dataset before and after augmentation, as a training would see them."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from mammo_core.augmentation import Strengths, read_augmentation, tell_augmentation
from mammo_core.errors import BadDataset, UnreadableFile
from mammo_core.preprocess import Preprocess

if TYPE_CHECKING:
    from mammo_core.datasets import Dataset

DRAWS = 4
"""How many times each image is augmented."""
SHEET_ROWS = 320
"""Height of each picture of a sheet."""
GAP = 6
LINE = 26
"""Pixels between pictures, and of a line of text above them."""


@dataclass(frozen=True, eq=False)
class Preview:
    """What augmentation makes of some images.

    Attributes:
        title: The dataset and the steps, in words.
        image_ids: Which images.
        labels: Of each.
        pictures: (n, 1 + draws, H, W) uint8: the image as it is, then the draws.
    """

    title: str
    image_ids: tuple[str, ...]
    labels: tuple[str, ...]
    pictures: NDArray[np.uint8]


def preview_augmentation(
    dataset: "Dataset",
    preprocess: Preprocess,
    augmentation: str,
    *,
    count: int = 4,
    draws: int = DRAWS,
    seed: int = 0,
) -> Preview:
    """Some images of the training set, of each class in turn, as they are and augmented.

    They come from the pixel cache where the dataset is prepared, else from their files.

    Args:
        dataset: The images.
        preprocess: What is done to them first.
        augmentation: A preset's name or a list of steps.
        count: How many images at most.
        draws: How often each is augmented.
        seed: Which images, and what chance makes of them.

    Raises:
        BadConfiguration: For an augmentation that cannot be read.
        BadDataset: Where no image can be read.
    """
    strengths = read_augmentation(augmentation)
    rng = np.random.default_rng([seed, 3])
    chosen = _choose_images(dataset, preprocess, count, rng)
    image_ids, labels, pixels = zip(*chosen, strict=True)
    codes = np.array([dataset.classes.index(label) for label in labels])
    stack = np.stack(pixels)
    columns = [_augment(stack, codes, {}, rng)]
    columns += [_augment(stack, codes, strengths, rng) for _ in range(draws)]
    pictures = np.rint(np.stack(columns, axis=1) * 255).astype(np.uint8)
    kind = " (synthetic)" if dataset.is_synthetic else ""
    title = f"{dataset.name}{kind}: {tell_augmentation(strengths)}"
    return Preview(title, image_ids, labels, pictures)


def draw_sheet(preview: Preview) -> NDArray[np.uint8]:
    """(rows, columns) gray picture: a row an image, the image itself at the left, text above."""
    rows = [
        _draw_row(label, list(pictures))
        for label, pictures in zip(preview.labels, preview.pictures, strict=True)
    ]
    width = rows[0].shape[1]
    return np.vstack([_write(preview.title, width), *rows])


def _choose_images(
    dataset: "Dataset", preprocess: Preprocess, count: int, rng: np.random.Generator
) -> list[tuple[str, str, NDArray[np.uint16]]]:
    """(image id, label, (H, W) pixels) of the first that can be read."""
    found = []
    for image_id, label, pixels in _read_in_turn(dataset, preprocess, rng):
        found.append((image_id, label, pixels))
        if len(found) == count:
            break
    if not found:
        raise BadDataset(f"Dataset {dataset.name} has no labeled image that can be read")
    return found


def _read_in_turn(
    dataset: "Dataset", preprocess: Preprocess, rng: np.random.Generator
) -> Iterator[tuple[str, str, NDArray[np.uint16]]]:
    """Labeled images, of one class after the other; those that cannot be read are left out."""
    from mammo_core.pixels import open_pixels, prepare_one

    cache = open_pixels(dataset, preprocess)
    rows = {} if cache is None else {name: row for row, name in enumerate(cache.image_ids)}
    for image_id, label in _take_turns(dataset, rng):
        try:
            if cache is None:
                image = prepare_one(dataset.file_of(image_id), preprocess).image
                yield image_id, label, np.rint(image * 65_535).astype(np.uint16)
            elif image_id in rows:
                yield image_id, label, np.asarray(cache.pixels[rows[image_id]])
        except UnreadableFile:
            continue


def _take_turns(dataset: "Dataset", rng: np.random.Generator) -> list[tuple[str, str]]:
    """(image id, label) in random order, of the last class, the one before, ... and again."""
    index = dataset.index[dataset.index["label"].isin(dataset.classes)]
    learnt = index[index["split"] == "train"]
    table = learnt if len(learnt) else index
    shuffled = table.iloc[rng.permutation(len(table))]
    turn = shuffled.groupby("label").cumcount()
    rank = shuffled["label"].map(dataset.classes.index)
    ordered = shuffled.assign(turn=turn, rank=-rank).sort_values(["turn", "rank"], kind="stable")
    return list(zip(ordered["image_id"].astype(str), ordered["label"].astype(str), strict=True))


def _augment(
    pixels: NDArray[np.uint16],
    codes: NDArray[np.int64],
    strengths: Strengths,
    rng: np.random.Generator,
) -> NDArray[np.float32]:
    """(n, H, W) images after one draw each, mixed with one another where that is a step."""
    from mammo_core.augmentation.change import draw_image_change
    from mammo_core.augmentation.mixing import mix_batch

    images = np.empty(pixels.shape, np.float32)
    for image, own in zip(images, pixels, strict=True):
        draw_image_change(strengths, own.shape, rng).make(own, image)
    if "mixup" not in strengths:
        return images
    shares = np.eye(int(codes.max()) + 1, dtype=np.float32)[codes]
    weights = np.ones(len(codes), np.float32)
    return mix_batch(images, shares, weights, strengths["mixup"], rng)[0]


def _draw_row(label: str, pictures: list[NDArray[np.uint8]]) -> NDArray[np.uint8]:
    """The image under its label, each draw under its number."""
    titles = [label, *(f"draw {number}" for number in range(1, len(pictures)))]
    return np.hstack(
        [_draw_titled(title, picture) for title, picture in zip(titles, pictures, strict=True)]
    )


def _draw_titled(title: str, picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    import cv2

    factor = SHEET_ROWS / picture.shape[0]
    size = (max(1, round(picture.shape[1] * factor)), SHEET_ROWS)
    kind = cv2.INTER_AREA if factor < 1 else cv2.INTER_NEAREST
    scaled = cv2.resize(picture, size, interpolation=kind)
    framed = np.pad(scaled, ((0, GAP), (GAP, GAP)), constant_values=64)
    return np.vstack([_write(title, framed.shape[1]), framed])


def _write(text: str, width: int) -> NDArray[np.uint8]:
    """(LINE, width) of white text on gray, as small as it takes to fit."""
    import cv2

    line = np.full((LINE, width), 64, np.uint8)
    font, ascii_text = cv2.FONT_HERSHEY_SIMPLEX, text.encode("ascii", "replace").decode()
    (length, _), _ = cv2.getTextSize(ascii_text, font, 0.5, 1)
    scale = 0.5 * min(1.0, (width - 2 * GAP) / max(1, length))
    cv2.putText(line, ascii_text, (GAP, LINE - 8), font, scale, 255, 1, cv2.LINE_AA)
    return line
