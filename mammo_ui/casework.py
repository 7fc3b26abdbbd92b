"""The parts of the Case page: verdict, facts, the hanging of four views, the walk."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import streamlit as st

from mammo_core.two_views import BOTH
from mammo_ui import case_view, charts, frame, routes, state
from mammo_ui.case_maps import CONSTANT
from mammo_ui.gallery import Line, Tile, show_gallery
from mammo_ui.theme import class_colors
from mammo_ui.viewer import Panel, show_viewer

if TYPE_CHECKING:
    from mammo_core.datasets import Dataset
    from mammo_core.model_store import StoredModel
    from mammo_core.types import Verdict
    from mammo_ui.chosen_cases import Walk
    from mammo_ui.model_tasks import FilePrediction
    from mammo_ui.uploads import Look

HANGING = (("R", "CC"), ("L", "CC"), ("R", "MLO"), ("L", "MLO"))
FACTS = {
    "patient_id": "Patient",
    "density": "Density",
    "age": "Age",
    "manufacturer": "Scanner",
    "lesion": "Lesion",
    "birads": "BI-RADS",
}

HOW_TO_READ = (
    "In the colors Blue to red, red speaks for the class and blue against it; other colors leave "
    "out what speaks against it. Where a method has no sign, brighter means more. A map shows what "
    "moved the score, not where a lesion is: never read it as a detector."
)


OUTCOME = "Whether the score for the most severe class calls the case, at the chosen threshold."


def tell_how_to_read(model: "StoredModel") -> str:
    """What the maps say and do not say; of a model of two views, which half of it is shown."""
    if not model.views:
        return HOW_TO_READ
    return (
        f"{HOW_TO_READ} {frame.plain(model.id)} judges {BOTH} of a breast together: a map is the "
        "half of it that lies on this view; the other half is on the other view's page."
    )


def show_hanging(case: dict[str, Any], dataset: "Dataset", selection: state.Selection) -> None:
    """The exam's four views as radiologists hang them, the current one framed."""
    index = dataset.index
    same_exam = index[index["patient_id"] == case["patient_id"]]
    if isinstance(case.get("exam_id"), str):
        same_exam = same_exam[same_exam["exam_id"] == case["exam_id"]]
    onward = selection.to_query() | case_view.query()
    images, colors = same_exam.to_dict("records"), class_colors(dataset.classes)
    tiles = [
        Tile(
            id=image["image_id"],
            source=routes.thumbnail_address(dataset, image["image_id"]),
            href=state.address("case", case=image["image_id"], **onward),
            alt=f"{image['laterality']} {image['view']} of the same exam, truth {image['label']}",
            lines=(
                Line(f"{image['laterality']} {image['view']}", strong=True),
                Line(image["label"] or "unknown", colors.get(image["label"])),
            ),
            current=image["image_id"] == case["image_id"],
        )
        for side, view in HANGING
        for image in images
        if (image["laterality"], image["view"]) == (side, view)
    ]
    st.caption("The exam's views and the truth of each")
    picked = show_gallery(tiles, key="hanging", columns=2)
    if picked and picked != case["image_id"]:
        state.open_page("case", case=picked, **onward)


def show_verdict(case: dict[str, Any], classes: Sequence[str], threshold: float) -> None:
    """Label, prediction and outcome at the threshold in words, the probabilities as bars."""
    is_correct = bool(case["correct"])
    with st.container(horizontal=True, gap="small"):
        st.badge(f"truth: {frame.plain(case['true'] or 'unknown')}", color="gray")
        st.badge(
            f"{'✓ right' if is_correct else '✗ wrong'}: {frame.plain(case['predicted'])}",
            color="green" if is_correct else "red",
        )
        if case["outcome"]:
            told = tell_outcome(case["outcome"], float(case[f"p_{classes[-1]}"]), threshold)
            st.badge(told, color="gray", help=OUTCOME)
    show_bars({name: float(case[f"p_{name}"]) for name in classes})


def tell_outcome(outcome: str, score: float, threshold: float) -> str:
    """Outcome and threshold; with the score, and a digit more, where both look the same."""
    if score == threshold or f"{score:.2f}" != f"{threshold:.2f}":
        return f"{outcome} at {threshold:.2f}"
    return f"{outcome} at {threshold:.3f}, score {score:.3f}"


def show_facts(case: dict[str, Any]) -> None:
    """What the index knows of the case."""
    known = [(title, case.get(key)) for key, title in FACTS.items()]
    texts = [f"{title}: {frame.as_text(value)}" for title, value in known if _is_known(value)]
    texts.append(f"uncertainty {case['uncertainty']:.2f}")
    st.caption("  ·  ".join(texts))


def _is_known(value: Any) -> bool:
    return value is not None and value == value and value != ""


def show_upload(look: "Look", prediction: "FilePrediction") -> None:
    """An uploaded image beside the maps of its prediction."""
    from mammo_core.attribution import METHODS

    panels = [Panel("Original", look.picture or "", alt="The uploaded image")]
    for name, drawn in prediction.maps.items():
        title, note = METHODS[name].title, f"for {prediction.target}"
        message = "" if drawn else prediction.refusals.get(name, CONSTANT)
        base = look.picture or ""
        panels.append(Panel(title, base, drawn, note=note, message=message, alt="The map"))
    show_viewer(panels, aspect=look.aspect, key="upload_viewer")


def show_answer(prediction: "FilePrediction", verdict: "Verdict", threshold: float) -> None:
    """The prediction of an uploaded image in words and bars."""
    positive, score = list(prediction.probabilities.items())[-1]
    is_called = score >= threshold
    st.badge(f"predicted: {frame.plain(prediction.target)}", color="blue")
    st.markdown(
        f"{frame.plain(positive)} {score:.2f}: **{'called' if is_called else 'not called'}** at "
        f"the threshold {threshold:.2f}",
        help="Predicted is the most probable class. Called tells whether the last class reaches "
        "the threshold, which it may without being the most probable one.",
    )
    show_bars(prediction.probabilities)
    where = " ".join(filter(None, [verdict.laterality, verdict.view])) or "side and view unknown"
    st.caption(f"{where}, {verdict.rows} x {verdict.columns} pixels")


def show_bars(probabilities: dict[str, float]) -> None:
    """A bar a class."""
    rows = [{"class": name, "probability": p} for name, p in probabilities.items()]
    alt = ", ".join(f"{name} {p:.2f}" for name, p in probabilities.items())
    charts.show_plain(charts.probability_bars(list(probabilities)), rows, key="bars", alt=alt)


def show_walk(walk: "Walk", image_id: str, selection: state.Selection) -> None:
    """Previous and next within the selection, by button and by arrow key."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        _step("Previous", "Left", walk.previous)
        _step("Next", "Right", walk.following)
        is_chosen = walk.place is not None
        where = f"{walk.place + 1} of {walk.n}" if is_chosen else f"not among the {walk.n} chosen"
        st.markdown(f"**{frame.plain(image_id)}**, {where}", width="content")
        if st.button("Back to the cases", type="tertiary"):
            state.open_page("cases", **selection.to_query())


def _step(label: str, shortcut: str, image_id: str | None) -> None:
    st.button(
        label,
        shortcut=shortcut,
        disabled=image_id is None,
        key=f"walk_{label}",
        on_click=_look_at,
        args=(image_id,),
    )


def _look_at(image_id: str) -> None:
    """Another case on the same page: the script runs once, where opening a page runs it twice."""
    st.query_params["case"] = image_id
