"""The Data page's tab Quality: what leaks, what repeats, what the metadata alone betray."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import streamlit as st

from mammo_core import jobs
from mammo_core.csv_text import to_csv
from mammo_core.wording import count
from mammo_ui import charts, frame, job_view, job_watch, routes, state
from mammo_ui.forest_charts import draw_forest
from mammo_ui.gallery import Line, Tile, show_gallery

if TYPE_CHECKING:
    from mammo_core.datasets import Dataset

Report = Mapping[str, Any]
PAIRS = 12
SUSPICIOUS = 0.6
"""A metadata-only AUROC whose interval lies above this needs an explanation."""
LOOKED_FOR = (
    "Looked for: patients in two splits, copies, near-duplicates, burned-in markers and metadata "
    "that tell the label."
)
CHANCE = (
    "A small model that never sees a pixel, only side, view, scanner, size, age and density; "
    "cross-validated by patient. 0.5 is chance. Where it does well, a network may learn the same "
    "shortcut instead of the breast."
)


def show_quality(dataset: "Dataset") -> None:
    """The kept report, or the button that makes it."""
    from mammo_core.datasets.quality import read_quality

    report = read_quality(dataset)
    arguments = ["quality", str(dataset.path)]
    last = job_watch.last_job(arguments)
    if last is not None and last.status().state == "running":
        job_view.show_job(last)
    elif report is None or report["near_duplicates"] is None:
        _offer_check(dataset, arguments, last)
    if report is not None:
        _show_report(dataset, report)


def _offer_check(dataset: "Dataset", arguments: list[str], last: jobs.Job | None) -> None:
    from mammo_core.datasets.quality import was_assessed_before

    if last is not None:
        job_view.tell_end(last)
    what = (
        "The images in use have changed since the last check"
        if was_assessed_before(dataset)
        else "Not checked yet"
    )
    st.info(
        f"{what}: patients in two splits, copies and near-duplicates, burned-in markers, "
        "and whether the metadata alone predict the label. Each image is looked at once."
    )
    if st.button("Check quality", type="primary"):
        jobs.start_job(f"Check the quality of {dataset.name}", arguments)
        st.rerun()


def _show_report(dataset: "Dataset", report: Report) -> None:
    _show_verdict(report, len(dataset.card.get("warnings", ())))
    metadata, leaks, markers = st.columns(3, gap="medium")
    with metadata:
        _show_metadata(report["metadata_auroc"])
    with leaks:
        _show_leaks(report)
    with markers:
        _show_markers(report["markers"])
    _show_facts_alone(report["metadata_auroc"])
    if report["near_duplicates"] is not None:
        _show_pairs(dataset, report["near_duplicates"], report["near_duplicates_found"])
    _show_copies(report["copies"])


def _show_verdict(report: Report, n_warnings: int) -> None:
    """What was looked for and what came of it; green only where nothing at all speaks against."""
    if report["warnings"]:
        st.warning("  \n".join(frame.plain(warning) for warning in report["warnings"]))
        return
    open_points = list_open_points(report, n_warnings)
    if open_points:
        st.info(f"{LOOKED_FOR} No warning came of it, but {'; '.join(open_points)}.")
    else:
        st.success(f"{LOOKED_FOR} Nothing of that was found.")


def list_open_points(report: Report, n_warnings: int) -> list[str]:
    """What keeps a report without warnings from being good news, in clauses.

    Args:
        report: As the core gives it.
        n_warnings: How many the index itself has.
    """
    pairs, metadata = report["near_duplicates"], report["metadata_auroc"]
    is_vague = metadata["high"] is None or metadata["high"] > SUSPICIOUS
    points = {
        "the pixels were not looked at": pairs is None,
        f"{count(len(pairs or ()), 'pair')} of images look alike": bool(pairs),
        f"{count(len(report['copies']), 'group')} of files are copies": bool(report["copies"]),
        "too few images tell whether the metadata betray the label": is_vague,
        f"the dataset has {count(n_warnings, 'warning')}, above": n_warnings > 0,
    }
    return [point for point, is_open in points.items() if is_open]


def _show_metadata(estimate: Report) -> None:
    frame.show_card(
        "AUROC of the metadata alone",
        {key: estimate[key] for key in ("value", "low", "high")},
        count(estimate["patients"], "patient"),
        help_text=CHANCE,
    )
    st.caption(frame.plain(judge_metadata(estimate)))


def _show_facts_alone(estimate: Report) -> None:
    """The AUROC of each fact by itself, where any is known."""
    rows = [
        {"group": name, **alone, "n": estimate["n"], "patients": estimate["patients"]}
        for name, alone in estimate["alone"].items()
        if alone["value"] is not None
    ]
    if rows:
        charts.show_chart(
            f"What each fact alone says about {frame.plain(estimate['positive'])}",
            draw_forest("AUROC", [row["group"] for row in rows], reference=0.5),
            "Point and interval by patient; the dashed line is chance. An interval wholly to one "
            "side of it needs an explanation.",
            rows,
            key="facts_alone",
        )


def judge_metadata(estimate: Report) -> str:
    """What the metadata's AUROC means, in a sentence."""
    if estimate["value"] is None:
        return (
            estimate.get("warning")
            or "It cannot be told: no labels, one class or too few patients."
        )
    used = ", ".join(estimate["columns"])
    if not used:
        return "No fact is known that differs between images: nothing that could betray the label."
    if estimate["low"] is not None and estimate["low"] > SUSPICIOUS:
        return f"The label can be told without looking at the breast, from {used}."
    if estimate["low"] is not None and estimate["low"] <= 0.5 <= estimate["high"]:
        return f"Chance lies within the interval, from {used}: {_bound(estimate['high'])}."
    return f"Little more than chance, from {used}; keep it in mind when a model does well."


def _bound(high: float) -> str:
    """What an interval around chance excludes."""
    if high > SUSPICIOUS:
        return "it is too wide to exclude that they betray the label"
    return "the metadata do not betray the label"


def _show_leaks(report: Report) -> None:
    leaking = report["leaks"]["patients_in_two_splits"]
    pairs = report["near_duplicates"]
    across = None if pairs is None else sum(bool(pair["across_splits"]) for pair in pairs)
    help_text = "Whoever is in training and test at once makes the test too easy."
    st.metric("Patients in two splits", len(leaking), border=True, help=help_text)
    if leaking:
        st.caption(f"Such as {frame.plain(', '.join(map(str, leaking[:5])))}.")
    if across is not None:
        st.caption(f"Near-duplicates across splits: **{across}**.")


def _show_markers(markers: Report | None) -> None:
    """How many images carry letters, by class, and how well that alone tells the label."""
    help_text = "Letters and tags in the picture; a network can learn them instead of the breast."
    if markers is None:
        st.metric("Burned-in markers", frame.DASH, border=True, help="Not looked for.")
        return
    found = f"{markers['n']} of {markers['of']}"
    st.metric("Burned-in markers", found, border=True, help=help_text)
    by_class = ", ".join(f"{frame.plain(name)} {n}" for name, n in markers["classes"].items())
    auroc = frame.estimate_text(markers["auroc"])
    st.caption(f"By class: {by_class or frame.DASH}. AUROC of the markers alone: {auroc}.")


def _show_pairs(dataset: "Dataset", pairs: Sequence[Report], n_found: int) -> None:
    """The near-duplicates side by side, in the report's order: the gravest first."""
    st.markdown(f"**Near-duplicates** ({count(n_found, 'pair')})")
    if not pairs:
        st.caption("No two images look alike, beyond what two breasts have in common.")
        return
    places = st.columns(3, gap="medium")
    for number, pair in enumerate(pairs[:PAIRS]):
        with places[number % 3]:
            _show_pair(dataset, pair, number)
    if len(pairs) > PAIRS:
        st.caption(f"The {PAIRS} that matter most; the CSV has {len(pairs)}.")
    file = "near_duplicates.csv"
    st.download_button("CSV", lambda: to_csv(pairs), file, "text/csv", key="pairs_csv")


def _show_pair(dataset: "Dataset", pair: Report, number: int) -> None:
    sides = (pair["image_a"], pair["image_b"])
    tiles = [_build_tile(dataset, image_id) for image_id in sides]
    picked = show_gallery(tiles, key=f"pair_{number}", columns=2)
    whose = "the same patient" if pair["same_patient"] else "two patients"
    where = ", **in two splits**" if pair["across_splits"] else ""
    st.caption(f"distance {pair['distance']}, of {whose}{where}")
    if picked:
        st.query_params["image"] = picked
        state.open_tab_next("Look")
        st.rerun()


def _build_tile(dataset: "Dataset", image_id: str) -> Tile:
    return Tile(
        id=image_id,
        source=routes.thumbnail_address(dataset, image_id),
        href=state.address("data", dataset=dataset.name, tab="Look", image=image_id),
        alt=f"Mammogram {image_id}",
        lines=(Line(image_id, strong=True),),
    )


def _show_copies(copies: Sequence[Sequence[str]]) -> None:
    if not copies:
        return
    with st.expander(f"Copies of one another, bit by bit: {count(len(copies), 'group')} of files"):
        for group in copies[:100]:
            st.markdown(f"- {frame.plain(', '.join(group))}")
