"""Outlines that OsiriX exported: a property list of regions with their points."""

import math
import plistlib
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.parsers.expat import ExpatError

from mammo_core.datasets.regions import Box, Polygon, Region
from mammo_core.errors import UnreadableFile

MAX_BYTES = 64_000_000
MAX_REGIONS = 5_000
FARTHEST = 100_000.0
"""Pixels from the image's corner beyond which no point of it lies."""
SMALLEST = 2.0
"""Pixels that an outline must span in height and width to be filled as a polygon."""

POINT = re.compile(r"\(\s*([-+.\deE]+)\s*,\s*([-+.\deE]+)\s*\)")
FAULTS = (
    plistlib.InvalidFileException,
    ExpatError,
    ValueError,
    TypeError,
    LookupError,
    AttributeError,
    OSError,
)
"""What plistlib raises on damaged files, and what a list of another form leads to."""


@dataclass(frozen=True)
class Outline:
    """One region.

    Attributes:
        name: What the person who drew it called it.
        points: Its corners as (row, column), in pixels from the top left.
    """

    name: str
    points: tuple[tuple[float, float], ...]

    def to_regions(self) -> tuple[Region, ...]:
        """The area inside; the pixels of the points themselves where they enclose hardly any."""
        polygon = Polygon(self.points)
        top, left, bottom, right = polygon.bounds
        if min(bottom - top, right - left) >= SMALLEST:
            return (polygon,)
        corners = {(math.floor(row), math.floor(column)) for row, column in self.points}
        return tuple(Box(row, column, row + 1, column + 1) for row, column in sorted(corners))


def read_outlines(file: Path) -> list[Outline]:
    """The regions of a file `{Images: [{ROIs: [{Name, Point_px: ["(x, y)", ...]}, ...]}]}`.

    Regions without points are left out.

    Raises:
        UnreadableFile: Where the file is missing, too large, or anything but such a list.
    """
    try:
        if file.stat().st_size > MAX_BYTES:
            raise UnreadableFile("Its file of outlines is larger than any is")
        images = plistlib.loads(file.read_bytes(), fmt=plistlib.FMT_XML)["Images"]
        regions = [region for image in images for region in image["ROIs"]]
        outlines = [_to_outline(region) for region in regions[: MAX_REGIONS + 1]]
    except FAULTS:
        raise UnreadableFile("Its file of outlines is damaged") from None
    if len(outlines) > MAX_REGIONS:
        raise UnreadableFile("Its file of outlines has more regions than any has")
    return [outline for outline in outlines if outline.points]


def _to_outline(region: dict[str, Any]) -> Outline:
    return Outline(str(region.get("Name", "")), tuple(map(_to_point, region.get("Point_px", ()))))


def _to_point(text: str) -> tuple[float, float]:
    """(row, column) of "(x, y)"."""
    told = POINT.fullmatch(text.strip())
    if told is None:
        raise ValueError("Expected a point")
    column, row = map(float, told.groups())
    if not max(abs(row), abs(column)) <= FARTHEST:
        raise ValueError("Expected a point near an image")
    return row, column
