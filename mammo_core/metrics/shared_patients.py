"""Patients of more than one split: what is fitted on one and judged on the other flatters."""

import pandas as pd

from mammo_core.wording import count

SHOWN = 3


def tell_shared_patients(frame: pd.DataFrame, split: str) -> list[str]:
    """A sentence where patients of a split have images in another one, too; empty without.

    Args:
        frame: `patient_id` of each image and, where the data know of any, its `split`.
        split: The one asked about; with "all" there is no other.
    """
    if split == "all" or "split" not in frame:
        return []
    known = frame[["patient_id", "split"]].dropna()
    is_inside = known["split"] == split
    others = known[~is_inside]
    shared = others[others["patient_id"].isin(known["patient_id"][is_inside].unique())]
    n, names = shared["patient_id"].nunique(), sorted(shared["split"].unique())
    if not n:
        return []
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return [
        f"{count(n, 'patient')} {'has' if n == 1 else 'have'} images in the split '{split}' and in "
        f"another ({', '.join(names[:SHOWN])}{more}): what is fitted on one of them and judged on "
        "the other flatters"
    ]
