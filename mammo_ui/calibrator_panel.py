"""The calibrators of a model: fitting one, and the judged cases before and after it."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import streamlit as st

from mammo_core import jobs
from mammo_core.calibrators import CALIBRATORS
from mammo_core.metrics.calibration_words import tell_calibration
from mammo_core.run_comparison import VALIDATION
from mammo_core.wording import count
from mammo_ui import calibration_charts, calibration_rows, charts, frame, job_watch, library
from mammo_ui.results import Evaluation
from mammo_ui.state import Choice
from mammo_ui.theme import MODEL_A, MODEL_B

if TYPE_CHECKING:
    from mammo_core.calibrators.stored import StoredFit

AT_ONCE = 20_000  # rows; more are fitted by a job
FIGURES = {
    "ece": ("ECE", "0"),
    "brier": ("Brier score", "0"),
    "slope": ("Slope", "1"),
    "intercept": ("Intercept", "0"),
    "mean_excess": ("Mean excess", "0"),
}
"""The title of each, and what is right."""
KEPT, CHOSEN = "kept", "chosen"


def show(choice: Choice, evaluation: Evaluation) -> None:
    """A calibrator to choose, to fit and to see at work."""
    st.subheader("Calibrators", anchor=False)
    fits = calibration_rows.read_model_fits(choice.model)
    method = st.segmented_control(
        "Method", list(CALIBRATORS), default=next(iter(fits), "temperature"), required=True,
        format_func=_title, key="calibrator", bind="query-params",
        persist_state="session", label_visibility="collapsed",
    )  # fmt: skip
    kind = CALIBRATORS[method]
    state_of_it = "Fitted." if method in fits else "Not fitted yet."
    st.caption(frame.plain(f"{state_of_it} {kind.reference}. {kind.joins}"))
    _offer_fit(choice, method, is_fitted=method in fits)
    if method in fits:
        _show_fit(fits[method])
        _show_before_and_after(choice, evaluation, fits[method])


def _title(method: str) -> str:
    return CALIBRATORS[method].title


def _offer_fit(choice: Choice, method: str, *, is_fitted: bool) -> None:
    """A button for each place that holds validation rows; what to do where none does."""
    places = _list_places(choice)
    if not places and choice.model.is_table:
        st.info(
            "No validation rows to fit on: the table has none with a label. Fitting on the test "
            "rows would leave nothing to judge it by. Bring the table again with a column split "
            "that says val of the validation rows (Models > Import), or calibrate such a file:"
        )
        st.code(
            "python -m mammo_core calibrate --predictions table.csv --out calibrated.parquet "
            f"--method {method}"
        )
    elif not places:
        st.info(
            "No validation images to fit on: these data have no labeled validation split that the "
            "model was run on, and its training kept none. Fitting on the test images would leave "
            "nothing to judge it by. Run it on a dataset with a validation split:"
        )
        st.code(f"python -m mammo_core calibrate {choice.model.id} DATASET --method {method}")
    with st.container(horizontal=True, vertical_alignment="center"):
        for place, name in places.items():
            again = "again " if is_fitted else ""
            label = f"Calibrate {again}on validation images of {frame.plain(name)}"
            if st.button(label, key=f"fit_{place}", type="secondary" if is_fitted else "primary"):
                _fit(choice, method, place)
    _tell_job(choice, method)


def _list_places(choice: Choice) -> dict[str, str]:
    """Where validation rows lie: the training's own and those of the chosen dataset, by name."""
    has_kept = (choice.model.path / VALIDATION).is_file()
    places = {KEPT: choice.model.trained_on or "its training"} if has_kept else {}
    if choice.dataset not in places.values() and calibration_rows.has_labeled_split(choice, "val"):
        places[CHOSEN] = str(choice.dataset)
    return places


def _fit(choice: Choice, method: str, place: str) -> None:
    from mammo_core.calibrators.stored import calibrate_model
    from mammo_core.calibrators.validation_rows import read_dataset_rows, read_kept_rows

    with st.spinner("Fitting on the validation images, then again without each fifth of patients"):
        if place == KEPT:
            rows = read_kept_rows(choice.model)
        else:
            folder = str(library.dataset_path(str(choice.dataset)))
            rows = read_dataset_rows(choice.model, folder, "val")
        if len(rows.table) <= AT_ONCE:
            calibrate_model(choice.model, rows, method)
        else:
            jobs.start_job(f"Calibrate {choice.model.id}", _command(choice, method, place))
    st.rerun()


def _command(choice: Choice, method: str, place: str) -> list[str]:
    data = [str(library.dataset_path(str(choice.dataset)))] if place == CHOSEN else []
    return ["calibrate", str(choice.model.path), *data, "--method", method]


def _tell_job(choice: Choice, method: str) -> None:
    """That a fit is under way or failed, where there were too many rows to do it at once."""
    for place in (KEPT, CHOSEN):
        job = job_watch.last_job(_command(choice, method, place))
        if job and job.state in jobs.UNFINISHED:
            st.info("It is being fitted; the figures appear here when that is done.")
        failure = job_watch.failure_of(job) if job else None
        if failure:
            st.error(frame.plain(f"The last try failed: {failure}"))


def _show_fit(fit: "StoredFit") -> None:
    """What is kept of a fit."""
    facts = fit.facts
    numbers = ", ".join(
        f"{name} {value:.3g}" for name, value in facts["fitted"].items() if isinstance(value, float)
    )
    on = f"{count(facts['n'], 'image')}, {count(facts['patients'], 'patient')}"
    cross = f"{facts['folds']} folds of patients"
    st.markdown(
        f"Fitted for {frame.plain(facts['positive'])} on **{frame.plain(fit.dataset)}** "
        f"({frame.plain(fit.split)}; {on})"
        f"{': ' + frame.plain(numbers) if numbers else ''}. There the ECE was "
        f"{frame.estimate_text(facts['before']['ece'])} and became "
        f"{frame.estimate_text(facts['after']['ece'])} (cross-fitted over {cross}). Stored as "
        f"`calibration.json` beside the model."
    )
    for warning in facts["warnings"]:
        st.warning(frame.plain(f"{warning}."))


def _show_before_and_after(choice: Choice, evaluation: Evaluation, fit: "StoredFit") -> None:
    """The judged cases by the model's own probabilities and by the calibrated ones."""
    seen = fit.tell_seen(str(choice.dataset), choice.split)
    if seen:
        st.warning(frame.plain(f"{seen}."))
    with st.spinner("Judging the calibrated probabilities"):
        calibrated = calibration_rows.calibrated_rows_of(choice, fit.method)
        after = calibration_rows.judge_calibrated(calibrated)
        change = calibration_rows.estimate_change(calibrated)
    before_column, after_column = st.columns(2, gap="medium")
    with before_column:
        _show_diagram("Before", evaluation, MODEL_A)
    with after_column:
        _show_diagram("After", after, MODEL_B)
    st.markdown(frame.plain(f"After: {tell_calibration(after['calibration'])}"))
    _show_table(evaluation["calibration"], after["calibration"], change)
    _tell_level(evaluation)


def _show_diagram(title: str, answer: Mapping[str, Any], color: str) -> None:
    charts.show_chart(
        f"{title}: reliability of these cases",
        calibration_charts.draw_reliability(color, height=240),
        "The nearer to the dashed line, the better the promises are kept.",
        calibration_charts.tabulate(answer["reliability"]),
        key=f"reliability_{title.lower()}",
    )


def _show_table(
    before: Mapping[str, Any], after: Mapping[str, Any], change: Mapping[str, Any]
) -> None:
    rows = [
        {
            "figure": title,
            "before": frame.estimate_text(before[key]),
            "after": frame.estimate_text(after[key]),
            "right": right,
            "after less before": frame.estimate_text(change[key], 3) if key in change else "",
        }
        for key, (title, right) in FIGURES.items()
    ]
    st.dataframe(rows, hide_index=True)


def _tell_level(evaluation: Evaluation) -> None:
    if evaluation["level"] != "image":
        st.caption(
            f"Calibrators are fitted on images; a {evaluation['level']}'s probability is joined "
            "from calibrated ones and need not be calibrated itself."
        )
    st.caption(
        "Every other number of this page is of the model's own probabilities. Those of the "
        "calibrated ones: `evaluate --calibrated METHOD` on the command line."
    )
