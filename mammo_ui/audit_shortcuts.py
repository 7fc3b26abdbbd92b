"""Does the model look at the breast: where its evidence lies, and what it misses if blanked."""

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import streamlit as st

from mammo_core.attribution import METHODS
from mammo_ui import audit_breast, audit_charts, audit_results, charts, frame
from mammo_ui.audit_charts import ZONE_COLORS
from mammo_ui.audit_results import Audit
from mammo_ui.forest_charts import draw_forest

MEAN = (
    "Share of positive evidence on each zone: the mean of the bars below, controls left out, over "
    "all images. The share that the verdict tells is that of the middle method."
)
Row = dict[str, Any]
READING = (
    "Each bar is a method's positive evidence, parted by where it lies, in the colors of the "
    "drawing, on average over the images; an image without a zone counts as 0 there. The last "
    "ones are controls: so evidence lies that knows nothing of the model."
)


def show_shortcuts(audit: Audit) -> None:
    """The breast's zones, the evidence on them by method, AUROC with parts blanked."""
    st.markdown("**Does it look at the breast?**")
    rows = part_evidence(audit.folder, audit.version)
    zones = audit.summary["shortcuts"]["zones"]
    shares = average_shares(rows)
    alt = tell_zones(shares, zones)
    st.image(audit_breast.draw_breast(shares), width="stretch", alt=alt)
    st.caption(MEAN)
    charts.show_chart(
        "Where positive evidence lies",
        audit_charts.zone_bars([METHODS[name].title for name in list_parted(rows)]),
        READING,
        rows,
        key="audit_zones",
    )
    show_blanking(audit)


def tell_zones(shares: Mapping[str, float | None], zones: Mapping[str, Any]) -> str:
    """The drawing in words: each zone with its share of evidence and of the picture.

    Args:
        shares: As `average_shares` gives them.
        zones: Of the summary.
    """
    told = [audit_breast.ALT]
    for name, share in shares.items():
        area = zones[name]["area"]["value"]
        if share is not None and area is not None:
            told.append(f"{name}: {share:.0%} of evidence on {area:.0%} of the picture")
    return "; ".join(told)


def average_shares(rows: list[Row]) -> dict[str, float | None]:
    """{zone: mean share over the methods but the controls}, 1 in all; None where none has a bar.

    Args:
        rows: As `part_evidence` gives them.
    """
    own = [row for row in rows if not METHODS[row["key"]].is_control]
    found = {zone: [row["share"] for row in own if row["zone"] == zone] for zone in ZONE_COLORS}
    return {zone: sum(one) / len(one) if one else None for zone, one in found.items()}


def list_parted(rows: list[Row]) -> list[str]:
    """The methods that have a bar, in the rows' order."""
    return list(dict.fromkeys(row["key"] for row in rows))


@lru_cache(maxsize=8)
def part_evidence(folder: Path, version: int) -> list[Row]:
    """A row a method and zone: its share of positive evidence, all zones of a method being 1."""
    table = audit_results.read_table_of(folder, version)
    names = {zone: f"share_{zone}" for zone in ZONE_COLORS}
    known = table.dropna(subset=list(names.values()), how="all")
    means = known.fillna(dict.fromkeys(names.values(), 0.0)).groupby("method")
    shares = means[list(names.values())].mean()
    counts = means.size()
    return [
        {"key": key, "method": METHODS[key].title, "zone": zone, "n": int(counts[key]),
         "share": round(float(shares.loc[key, column]), 4)}
        for key in METHODS if key in shares.index
        for zone, column in names.items()
    ]  # fmt: skip


def show_blanking(audit: Audit) -> None:
    """AUROC of the whole images and of those with a part blanked, and the difference in words."""
    blanking = audit.summary["shortcuts"]["blanking"]
    if not blanking:
        st.caption("The model was not asked about blanked images.")
        return
    rows = list_blanked(audit.summary)
    positive = frame.plain(audit.summary["classes"][-1])
    charts.show_chart(
        f"AUROC of {positive} with a part blanked",
        draw_forest(
            f"AUROC of {audit.summary['classes'][-1]}",
            [row["group"] for row in rows],
            reference=blanking["nothing"]["auroc"]["value"],
        ),
        "Points are estimates, lines 95 % intervals over patients, the dashed line whole images. "
        "Blanking what is no breast should change nothing; blanking the breast should leave 0.5.",
        rows,
        key="audit_blanking",
    )
    st.markdown("\n".join(f"- {tell_change(row)}" for row in rows[1:]))


def list_blanked(summary: Mapping[str, Any]) -> list[Row]:
    """A row a blanked part: AUROC with interval, its change, and why that is missing if it is."""
    return [
        {
            "group": one["words"],
            **one["auroc"],
            "change": frame.estimate_text(one.get("difference")),
            "p": frame.p_text(one.get("p")),
            "n": one.get("n_images", summary["n"]),
            "patients": summary["patients"],
            "reason": one.get("reason", ""),
        }
        for one in summary["shortcuts"]["blanking"].values()
    ]


def tell_change(row: Row) -> str:
    """The change in AUROC by blanking, in words; why there is none, or no interval."""
    part = f"without {frame.plain(row['group'])}"
    why = f" ({frame.plain(row['reason'])})" if row["reason"] else ""
    if row["change"] == frame.DASH:
        return f"{part}: {frame.DASH}{why}"
    p = f", p {row['p']}" if row["p"] != frame.DASH else ""
    return f"{part} (in {row['n']} images): AUROC changes by **{row['change']}**{p}{why}"
