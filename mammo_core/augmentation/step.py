"""What a page, a table and the command line say of one step of augmentation."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Step:
    """One kind of random change; its strength is a number from 0, which is no change at all.

    Attributes:
        title: Its name in the literature.
        does: What it does at strength s, in a sentence.
        unit: Of the strength.
        default: The strength where none is named.
        highest: The strongest that is allowed.
        moves: Whether things change their place, so that a lesion's mask must move along.
        in_patches: Whether patches get it too; False: whole images alone.
        reference: Author, year and DOI or arXiv, where it has one.
    """

    title: str
    does: str
    unit: str
    default: float
    highest: float
    moves: bool = False
    in_patches: bool = True
    reference: str = ""
