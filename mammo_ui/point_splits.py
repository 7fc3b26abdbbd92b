"""Other splits of the same predictions that thresholds can be chosen on."""

from functools import lru_cache
from typing import TYPE_CHECKING

from mammo_ui.chosen_rows import Rows, read_table, rows_of

if TYPE_CHECKING:
    from mammo_ui.state import Choice

NAMES = ("val", "train", "test")


def list_others(choice: "Choice") -> list[str]:
    """Splits besides the chosen one whose predictions and labels are in the choice's table.

    None where all splits are judged together: any one would be among the judged.
    """
    if choice.split == "all":
        return []
    return [name for name in _list_splits(rows_of(choice).images) if name != choice.split]


@lru_cache(maxsize=8)
def _list_splits(rows: Rows) -> tuple[str, ...]:
    frame = read_table(rows.path, rows.version).frame
    if "split" not in frame:
        return ()
    labeled = set(frame["split"][frame["label"].notna()].dropna())
    return tuple(name for name in NAMES if name in labeled)
