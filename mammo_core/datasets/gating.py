"""The rules by which images stand apart from a dataset, as pure functions of tables.

`whole` is the index as it was dealt, with every image in its place. `aside` holds the rows of
those that the gate asks about or refuses, with the columns of ASIDE. Decisions go by digest.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    import pandas as pd

ASK, REFUSE, TAKEN = "ask", "refuse", "taken"
"""Of the gate: two answers, and what the index says of an image that was taken in spite of one."""
TAKE, LEAVE = "take", "leave"
"""What a user can decide."""
HEADER, PIXELS = "header", "pixels"

ASIDE = {
    "position": "int64",
    "verdict": "str",
    "reason": "str",
    "has_pixels": "bool",
    "found_by": "str",
}
"""What is known of an image that stands apart, beside its row: its place in the whole index, the
gate's answer, whether its pixels can be read at all, and who found it: HEADER or PIXELS."""


class Seen(Protocol):
    """What preparing the pixels told; a `PixelCache` is one."""

    @property
    def image_ids(self) -> Collection[str]:
        """The images whose pixels could be read."""

    @property
    def refused(self) -> Mapping[str, str]:
        """Reason by image id."""

    @property
    def asked(self) -> Mapping[str, str]:
        """Reason by image id."""

    @property
    def hashes(self) -> Mapping[str, str]:
        """SHA-256 by image id, of those whose bytes could be read."""


def no_aside(whole: "pd.DataFrame") -> "pd.DataFrame":
    """The table of no images apart, for a dataset with these columns."""
    return whole.iloc[:0].assign(**dict.fromkeys(ASIDE)).astype(ASIDE)


def set_doubted_aside(whole: "pd.DataFrame", doubts: Sequence[Sequence[str]]) -> "pd.DataFrame":
    """The images whose headers a person should look at.

    Args:
        whole: As dealt.
        doubts: For each row of it.
    """
    found = {
        image_id: (ASK, "; ".join(reasons))
        for image_id, reasons in zip(whole["image_id"], doubts, strict=True)
        if reasons
    }
    return _rows_of(whole, found, pixels=set(found), by_header=set(found))


def set_judged_aside(whole: "pd.DataFrame", aside: "pd.DataFrame", seen: Seen) -> "pd.DataFrame":
    """The images apart once the pixels were seen: what they told, and the headers' doubts."""
    doubted = aside[aside["found_by"] == HEADER]
    found = dict(
        zip(
            doubted["image_id"],
            zip(doubted["verdict"], doubted["reason"], strict=True),
            strict=True,
        )
    )
    found |= {image_id: (ASK, reason) for image_id, reason in seen.asked.items()}
    found |= {image_id: (REFUSE, reason) for image_id, reason in seen.refused.items()}
    return _rows_of(whole, found, pixels=set(seen.image_ids), by_header=set(doubted["image_id"]))


def gather(index: "pd.DataFrame", aside: "pd.DataFrame") -> "pd.DataFrame":
    """The whole index as it was dealt, from what is in use and what stands apart."""
    import pandas as pd

    if aside.empty:
        return index
    rest = index[~index["image_id"].isin(aside["image_id"])]
    places = set(aside["position"])
    free = [place for place in range(len(rest) + len(aside)) if place not in places]
    both = pd.concat([rest.assign(position=free), aside], ignore_index=True)
    return both.sort_values("position", ignore_index=True)[list(index.columns)]


def settle(
    whole: "pd.DataFrame", aside: "pd.DataFrame", decisions: Mapping[str, str]
) -> "pd.DataFrame":
    """The images in use by the gate's answers and the user's decisions.

    Those that are asked about are among them, without a split.
    """
    decided = find_decisions(aside, decisions)
    is_out = (decided == LEAVE) | ((aside["verdict"] == REFUSE) & (decided != TAKE))
    is_out |= ~aside["has_pixels"]
    index = whole[~whole["image_id"].isin(aside.loc[is_out, "image_id"])].reset_index(drop=True)
    is_asked = index["image_id"].isin(aside.loc[~is_out & decided.isna(), "image_id"])
    is_taken = index["image_id"].isin(aside.loc[~is_out & decided.notna(), "image_id"])
    index.loc[is_asked, "gate"] = ASK
    index.loc[is_asked, "split"] = None
    index.loc[is_taken, "gate"] = TAKEN
    return index


def list_left_out(index: "pd.DataFrame", aside: "pd.DataFrame") -> list[tuple[str, str]]:
    """(path, reason) of the images apart that a settled index doesn't hold."""
    out = aside[~aside["image_id"].isin(index["image_id"])]
    return list(zip(out["path"], out["reason"], strict=True))


def find_decisions(aside: "pd.DataFrame", decisions: Mapping[str, str]) -> "pd.Series[Any]":
    """TAKE, LEAVE or missing for each image apart."""
    import pandas as pd

    return pd.Series(
        [decisions.get(digest) for digest in aside["digest"]], aside.index, dtype="str"
    )


def _rows_of(
    whole: "pd.DataFrame",
    found: Mapping[str, tuple[str, str]],
    pixels: Collection[str],
    by_header: Collection[str],
) -> "pd.DataFrame":
    """The rows of the images found, with the columns of ASIDE."""
    rows = whole.assign(position=range(len(whole)))
    rows = rows[rows["image_id"].isin(list(found))].reset_index(drop=True)
    ids = list(rows["image_id"])
    return rows.assign(
        verdict=[found[image_id][0] for image_id in ids],
        reason=[found[image_id][1] for image_id in ids],
        has_pixels=[image_id in pixels for image_id in ids],
        found_by=[HEADER if image_id in by_header else PIXELS for image_id in ids],
    ).astype(ASIDE)
