"""A region erased and the image predicted again, beside random regions of the same size.

To add a fill: a function like `take_mean` in fills.py, and a line in `FILLS` there.
"""

from mammo_core.erasing.erasure import Drop, Erasure, erase
from mammo_core.erasing.fills import AIR, BEYOND, BREAST, FILL_TITLES, FILLS, Fill
from mammo_core.erasing.random_regions import draw_regions
from mammo_core.erasing.regions import read_region

__all__ = [
    "AIR",
    "BEYOND",
    "BREAST",
    "FILLS",
    "FILL_TITLES",
    "Drop",
    "Erasure",
    "Fill",
    "draw_regions",
    "erase",
    "read_region",
]
