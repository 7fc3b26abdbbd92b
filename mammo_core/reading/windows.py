"""Which window a header asks for, and what it makes of values (PS3.3 C.11.2.1.2 and C.11.2.1.3)."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset

from mammo_core.reading.elements import Elements, read_numbers, read_text

Values = NDArray[np.float64]

FUNCTIONS = {"LINEAR": 1.0, "LINEAR_EXACT": 1e-6, "SIGMOID": 1e-6}
"""Each VOI function and its narrowest window (PS3.3 C.11.2.1.2 and C.11.2.1.3)."""

LEAST_CONTRAST = 1 / 256
"""Windows that leave less than one gray level between the lowest value and the highest show
nothing."""

PREFERRED = ("NORMAL", "STANDARD", "DEFAULT")
"""Explanations of the window or table that a vendor means to be seen first."""
EXPLANATIONS = (*PREFERRED, "HARDER", "SOFTER", "BRIGHTER", "DARKER")
"""Explanations that are repeated to the reader; others may hold anything."""


@dataclass(frozen=True)
class Window:
    """One window of rescaled values.

    Attributes:
        center: The value that becomes 0.5, about.
        width: How many values become more than 0 and less than 1, about.
        function: One of FUNCTIONS.
        told: Which of how many it is, and why it was taken.
    """

    center: float
    width: float
    function: str = "LINEAR"
    told: str = "window 1 of 1"

    def apply(self, values: Values) -> Values:
        """Values to [0, 1]."""
        center, width = self.center, self.width
        if self.function == "SIGMOID":
            return 1 / (1 + np.exp(np.clip(-4 * (values - center) / width, -700, 700)))
        if self.function == "LINEAR_EXACT":
            return np.clip((values - center) / width + 0.5, 0, 1)
        if width <= 1:
            return (values > center - 0.5).astype(np.float64)
        return np.clip((values - (center - 0.5)) / (width - 1) + 0.5, 0, 1)

    def is_telling(self, values: Values) -> bool:
        """Whether it leaves more than one gray of values of which there are several."""
        if values.size == 0 or values.min() == values.max():
            return True
        low, high = self.apply(np.array([values.min(), values.max()]))
        return bool(high - low > LEAST_CONTRAST)

    def describe(self) -> str:
        """The window in words, for the reader of a step."""
        return f"{self.function}, center {self.center:g}, width {self.width:g}; {self.told}"


def find_window(ds: Dataset, values: Values | None = None) -> Window | None:
    """The window to show first, None where there is none that is usable.

    A function that the standard doesn't know counts as LINEAR.

    Args:
        ds: The data set, or the functional group that holds the windows.
        values: Those that occur in the image; a window that makes one gray of all of them is
            passed over.
    """
    function = read_text(ds, "VOILUTFunction").upper()
    function = function if function in FUNCTIONS else "LINEAR"
    centers, widths = read_numbers(ds, "WindowCenter"), read_numbers(ds, "WindowWidth")
    count = min(len(centers), len(widths))
    windows = [Window(*pair, function) for pair in zip(centers, widths, strict=False)]
    wide = [at for at in range(count) if widths[at] >= FUNCTIONS[function]]
    usable = [at for at in wide if values is None or windows[at].is_telling(values)]
    if not usable:
        return None
    at, told = choose("window", usable, Elements(ds).texts("WindowCenterWidthExplanation"), count)
    dull = ", ".join(str(place + 1) for place in wide if place not in usable)
    return replace(windows[at], told=f"{told}, {dull} would show one gray" if dull else told)


def choose(
    kind: str, usable: Sequence[int], explanations: list[str], count: int | None = None
) -> tuple[int, str]:
    """(the place of the alternative to show, what it is and why it was taken).

    DICOM leaves the choice to the user and hints by explanations: one that is called normal is
    taken, else the first.

    Args:
        kind: "window" or "table".
        usable: The places to choose from, at least one.
        explanations: What the header calls each; may be shorter than there are places.
        count: How many places there are, as many as usable where not told.
    """
    names = {at: explanations[at].upper() for at in usable if at < len(explanations)}
    preferred = [at for at in names if any(word in names[at] for word in PREFERRED)]
    at = (preferred or usable)[0]
    name = next((word for word in EXPLANATIONS if word in names.get(at, "")), None)
    why = f"explained as {name}" if name else "the first that is usable"
    return at, f"{kind} {at + 1} of {count or len(usable)}, {why}"
