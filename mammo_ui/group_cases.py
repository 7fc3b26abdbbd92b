"""From a group or slice of the Evaluate page to its cases."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from mammo_ui import state
from mammo_ui.chosen_rows import rows_of
from mammo_ui.subgroup_numbers import find_images, name_values

if TYPE_CHECKING:
    from mammo_core.metrics.slice_candidates import Value

PLAIN = frozenset(("density", "laterality", "view", "manufacturer", "birads", "age"))
"""Columns whose values are facets of the Cases page, so that its filters can be changed there."""


def open_cases_of_group(choice: state.Choice, values: "Sequence[Value]") -> None:
    """Show the images that share these values on the Cases page.

    As filters where there is one for each; else, and above the level of images, where a value
    holds only where all images of a unit agree, as a set of images.
    """
    is_plain = all(by in PLAIN and value is not None for by, value in values)
    if is_plain and choice.level == "image":
        state.open_page("cases", **dict(values))
    state.open_cases_of(name_values(values), find_images(rows_of(choice), values))
