"""One image of a layout, looked at: header, hash and mask, or the reason why it stays out."""

from collections.abc import Generator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from mammo_core.datasets.headers import Header, digest_file, picture_shape, read_header
from mammo_core.datasets.mask_merging import merge_masks
from mammo_core.datasets.medium import NOT_UTF8
from mammo_core.datasets.regions import Mask, draw_mask
from mammo_core.datasets.rows import TOLD, ImageRow
from mammo_core.errors import UnreadableFile
from mammo_core.types import Progress
from mammo_core.worker_pool import count_workers, run_chunks

Record = dict[str, Any]
CHUNK = 64
SMALL_JOB = 512
"""Up to this many files starting processes costs more than it saves."""

STANDARD = "standard"
"""How a screening image is acquired; every other acquisition is asked about."""

NAMELESS = "Not a DICOM image that has an id of its own"
DIED = "Its header made the process that read it die"
MASK_ABSENT = "its mask is named but absent or unreadable"
MASK_MISFIT = "its mask has another size than the image"
MASK_OUTSIDE = "its lesion lies outside of the image"


def inspect_rows(
    rows: Sequence[ImageRow], drawn: Path, progress: Progress
) -> Generator[Record | UnreadableFile]:
    """For each row its record (the index's columns, paths absolute), or why it is refused.

    Args:
        rows: What the layout found.
        drawn: The folder that masks of regions are written to, as `<image_id>.png`.
        progress: Called after each file; may raise to stop.
    """
    size = CHUNK if len(rows) > SMALL_JOB else 1
    workers = count_workers() if len(rows) > SMALL_JOB else 1
    starts = range(0, len(rows), size)
    chunks = (InspectionChunk(tuple(rows[start : start + size]), drawn) for start in starts)
    done = 0
    for _, results in run_chunks(inspect_chunk, chunks, workers):
        for result in results or [UnreadableFile(DIED)]:
            done += 1
            progress(done, len(rows), "Reading headers")
            yield result


@dataclass(frozen=True)
class InspectionChunk:
    """A run of neighboring rows for one worker."""

    rows: tuple[ImageRow, ...]
    drawn: Path

    def halves(self) -> list["InspectionChunk"]:
        """Two chunks of half as many rows, none where there is but one row."""
        k = len(self.rows) // 2
        return [replace(self, rows=part) for part in (self.rows[:k], self.rows[k:]) if k]


def inspect_chunk(chunk: InspectionChunk) -> list[Record | UnreadableFile]:
    """What `inspect_rows` says of the chunk's rows."""
    return [_inspect(row, chunk.drawn) for row in chunk.rows]


def write_mask(mask: Mask, file: Path) -> None:
    """Write a mask as a PNG of 0 and 255."""
    from PIL import Image

    Image.fromarray(mask.astype(np.uint8) * 255).save(file, compress_level=1)


def _inspect(row: ImageRow, drawn: Path) -> Record | UnreadableFile:
    if not _is_text(row.file):
        return UnreadableFile(NOT_UTF8)
    try:
        header = read_header(row.file, with_ids=row.patient_id is None)
        digest = digest_file(row.file)
    except UnreadableFile as refusal:
        return refusal
    except OSError as error:
        return UnreadableFile(f"Cannot be read: {error.strerror or 'damaged'}")
    if not (row.image_id or header.image_id):
        return UnreadableFile(NAMELESS)
    mask, fault = _find_mask(row, (header.rows, header.columns), drawn)
    doubts = (*header.doubts, *_doubt(row, header))
    return {
        **_merge(row, header),
        "rows": header.rows,
        "columns": header.columns,
        "path": str(row.file),
        "mask_path": str(mask) if mask else None,
        "mask_fault": fault,
        "doubts": doubts,
        "tag": row.tag,
        "digest": digest,
    }


def _is_text(file: Path) -> bool:
    """Whether the path can be written down at all; names that are not UTF-8 cannot."""
    try:
        return bool(str(file).encode())
    except UnicodeEncodeError:
        return False


def _merge(row: ImageRow, header: Header) -> Record:
    """What the layout tells; the header's word where the layout is silent."""
    record = {name: getattr(row, name) for name in TOLD}
    if row.pixel_spacing_mm is not None and row.regions_grid:
        record["pixel_spacing_mm"] = row.pixel_spacing_mm * row.regions_grid[0] / header.rows
    if row.patient_id is None:
        record["image_id"] = row.image_id or header.image_id
        record["patient_id"] = header.patient_id or header.exam_id or record["image_id"]
    return {
        name: getattr(header, name, None) if value is None else value
        for name, value in record.items()
    }


def _doubt(row: ImageRow, header: Header) -> tuple[str, ...]:
    """What only the layout knows against the use of an image without a look at it."""
    doubts = []
    if row.implant and not header.implant:
        doubts.append("The source names an implant")
    if row.acquisition not in (None, STANDARD, header.acquisition):
        doubts.append(f"The source names a {row.acquisition} image")
    for name, told, read in (
        ("side", (row.laterality,), header.laterality),
        ("view", (row.view, row.header_view), header.view),
    ):
        if told[0] and read and read not in told:
            doubts.append(f"The source and the file's header name different {name}s")
    return tuple(doubts)


def _find_mask(
    row: ImageRow, shape: tuple[int, int], drawn: Path
) -> tuple[Path | None, str | None]:
    """(the mask's file or None, what is wrong with it or None)."""
    if row.mask_file:
        return _check_mask(row.mask_file, shape)
    if not (row.mask_files or row.regions):
        return None, None
    try:
        mask = merge_masks(row.mask_files, shape)
    except UnreadableFile as fault:
        return None, str(fault)
    mask |= draw_mask(row.regions, shape, row.regions_grid)
    if not mask.any():
        return None, MASK_OUTSIDE
    file = drawn / f"{row.image_id}.png"
    write_mask(mask, file)
    return file, None


def _check_mask(file: Path, shape: tuple[int, int]) -> tuple[Path | None, str | None]:
    try:
        fits = picture_shape(file) == shape
    except UnreadableFile:
        return None, MASK_ABSENT
    return (file, None) if fits else (None, MASK_MISFIT)
