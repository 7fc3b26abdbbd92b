"""The Data page's tab Quality: what leaks, what repeats, what the metadata alone betray."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import streamlit as st

from mammo_core import jobs
from mammo_core.csv_text import to_csv
from mammo_core.wording import count
from mammo_ui import charts, frame, job_view, job_watch, routes, state
from mammo_ui.gallery import Line, Tile, show_gallery

if TYPE_CHECKING:
    from mammo_core.datasets import Dataset

Report = Mapping[str, Any]
PAIRS = 12
SUSPICIOUS = 0.6
"""A metadata-only AUROC whose interval lies above this needs an explanation."""
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
    if last is not None:
        job_view.tell_end(last)
    st.info(
        "Not checked yet: patients in two splits, copies and near-duplicates, burned-in markers, "
        "and whether the metadata alone predict the label. Each image is looked at once."
    )
    if st.button("Check quality", type="primary"):
        jobs.start_job(f"Check the quality of {dataset.name}", arguments)
        st.rerun()


def _show_report(dataset: "Dataset", report: Report) -> None:
    _show_verdict(report)
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


def _show_verdict(report: Report) -> None:
    """Whether the data can be trusted, as far as that was looked into."""
    if report["warnings"]:
        st.warning("  \n".join(frame.plain(warning) for warning in report["warnings"]))
    elif report["metadata_auroc"]["value"] is None or report["near_duplicates"] is None:
        st.info("Nothing was found that speaks against these data, but not all could be told.")
    else:
        st.success("Nothing was found that speaks against trusting numbers from these data.")


def _show_metadata(estimate: Report) -> None:
    frame.show_card(
        "AUROC of the metadata alone",
        {key: estimate[key] for key in ("value", "low", "high")},
        f"{estimate['patients']} patients",
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
            charts.forest("AUROC", len(rows), 0.5),
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
    st.markdown(f"**Near-duplicates** ({n_found} pairs)")
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
