"""The Data page's tab Refused: what was left out and why, as a table and as pictures."""

from itertools import islice
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

import streamlit as st

from mammo_core.csv_text import to_csv
from mammo_core.datasets.naming import IMAGE_SUFFIXES
from mammo_core.wording import count
from mammo_ui import inventory, library, routes
from mammo_ui.gallery import Line, Tile, show_gallery
from mammo_ui.inventory import RefusedFile

if TYPE_CHECKING:
    from mammo_core.datasets import Dataset

PICTURES, MOST_ROWS = 24, 2_000


def show_refused(name: str) -> None:
    """The refused files: how many for each reason, their list, and those that decode."""
    refused = inventory.list_refused(name)
    if not refused:
        st.success("No file was refused.")
        return
    counts = inventory.count_reasons(refused)
    reasons, files = st.columns([1, 1.6], gap="medium")
    with reasons:
        chosen = _choose_reason(counts)
    kept = [one for one in refused if chosen in (None, one.kind)]
    with files:
        rows = [{"file": one.file, "reason": one.reason} for one in kept]
        st.markdown(
            f"**{len(kept)} of {count(len(refused), 'refused file')}**{_tell_cut(len(kept))}"
        )
        st.dataframe(
            rows[:MOST_ROWS], hide_index=True, height=_height(len(rows)), key="refused_files"
        )
        st.download_button("CSV", lambda: to_csv(rows), "refused.csv", "text/csv")
    _show_pictures(name, kept)


def _tell_cut(n: int) -> str:
    return "" if n <= MOST_ROWS else f", the first {MOST_ROWS:,} here and all in the CSV"


def _height(n_rows: int) -> int:
    """Of a table in pixels: as high as its rows, up to a point."""
    return min(38 + 35 * n_rows, 260)


def _choose_reason(counts: dict[str, int]) -> str | None:
    """The reason whose row is picked in the table of reasons; None for all."""
    st.markdown("**Why**", help="Pick a row to see its files alone.")
    rows = [{"files": n, "reason": reason} for reason, n in counts.items()]
    picked = st.dataframe(
        rows,
        hide_index=True,
        height=_height(len(rows)),
        key="refused_reasons",
        on_select="rerun",
        selection_mode="single-row",
    )
    places = picked["selection"]["rows"]
    return rows[places[0]]["reason"] if places and places[0] < len(rows) else None


def _show_pictures(name: str, refused: list[RefusedFile]) -> None:
    """What the first refused files look like, as far as they can be read at all."""
    dataset = library.require_dataset(name)
    may_decode = list(
        islice((one for one in refused[:MOST_ROWS] if _may_decode(dataset, one)), PICTURES)
    )
    if not may_decode:
        return
    st.markdown(f"**What they look like** ({len(may_decode)} of {len(refused)})")
    show_gallery([_build_tile(name, one) for one in may_decode], key="refused_pictures", width=130)
    st.caption("A black tile is a file that holds no picture that can be read.")


def _may_decode(dataset: "Dataset", one: RefusedFile) -> bool:
    """Whether its name is an image's and there is such a file."""
    is_image = PurePosixPath(one.file).suffix.lower() in IMAGE_SUFFIXES
    return is_image and inventory.find_refused(dataset, one.number) is not None


def _build_tile(name: str, one: RefusedFile) -> Tile:
    address = routes.refused_address(name, one)
    file = one.file.rpartition("/")[2]
    return Tile(
        id=str(one.number),
        source=address,
        href=address,
        alt=f"{file}, refused",
        lines=(Line(file, strong=True), Line(one.kind)),
    )
