"""What frames every page: title with its facts, chips, empty states, the status corner."""

import re
from collections.abc import Callable, Sequence
from pathlib import Path

import streamlit as st

from mammo_core import jobs
from mammo_core.errors import MammoError
from mammo_core.model_store import StoredModel
from mammo_core.progress import time_left
from mammo_ui import judgments, library, state
from mammo_ui.worker import WORKER

DISCLAIMER = "research only, not for diagnosis"
DASH = "\N{EN DASH}"
LIGHTS = {"off": "gray", "warming": "orange", "busy": "blue", "ready": "green"}


def plain(text: object) -> str:
    """Text from a file as Markdown that shows exactly that text."""
    return re.sub(r"([\\`*_{}\[\]()#+\-.!|<>$~:&])", r"\\\1", " ".join(str(text).split()))


def as_text(value: object) -> str:
    """A fact as Markdown: a number in four digits, a text exactly as it is."""
    return f"{value:.4g}" if isinstance(value, float) else plain(value)


def estimate_text(estimate: dict[str, float | None] | None, digits: int = 2) -> str:
    """The text 0.91 [0.86 to 0.95], a dash where the estimate is undefined."""
    if estimate is None or estimate["value"] is None:
        return DASH
    return f"{estimate['value']:.{digits}f}{interval_text(estimate, digits)}"


def interval_text(estimate: dict[str, float | None], digits: int = 2) -> str:
    """The text [0.86 to 0.95] after a blank, empty where there is no interval."""
    if estimate["low"] is None or estimate["high"] is None:
        return ""
    return f" [{estimate['low']:.{digits}f} to {estimate['high']:.{digits}f}]"


def show_card(
    label: str, estimate: dict[str, float | None], n: str, *, help_text: str = ""
) -> None:
    """A metric with its interval and its n, always at the same place."""
    value = estimate["value"]
    is_known = value is not None
    st.metric(
        label,
        f"{value:.2f}" if is_known else DASH,
        f"{interval_text(estimate).strip() or 'no interval'}, {n}",
        delta_color="off",
        delta_arrow="off",
        border=True,
        help=help_text if is_known else f"{help_text} Undefined here: a class is missing.".strip(),
    )


def tighten() -> None:
    """Use the screen: Streamlit leaves a hand's breadth above each page."""
    st.html(f"<style>{(Path(__file__).parent / 'frame.css').read_text(encoding='utf-8')}</style>")


def show_title(title: str, question: str) -> None:
    """The page's title, the question it answers, and which model and data it speaks of."""
    choice = st.session_state["choice"]
    facts = [question, *_model_facts(choice), *_data_facts(choice), DISCLAIMER]
    is_synthetic = choice.dataset is not None and library.is_synthetic(choice.dataset)
    _draw_title(title, facts, is_synthetic=is_synthetic)
    warn_if_synthetic_model(choice, choice.dataset is not None and not is_synthetic)


def show_title_of_upload(title: str, question: str) -> None:
    """The same for a page that speaks of no dataset but of the user's own file."""
    facts = [question, *_model_facts(st.session_state["choice"]), DISCLAIMER]
    _draw_title(title, facts, is_synthetic=False)


def warn_if_synthetic_model(of: state.Choice | StoredModel | None, is_real: bool) -> None:
    """Say so where images of real patients meet a model that has seen only generated ones.

    Args:
        of: The model, or the choice that names it.
        is_real: Whether the images that it judges were taken rather than generated.
    """
    model = of.model if isinstance(of, state.Choice) else of
    if is_real and model is not None and model.card["dataset"].get("synthetic"):
        st.warning("This model has seen only synthetic images; expect it to fail on these.")


def _draw_title(title: str, facts: Sequence[str], *, is_synthetic: bool) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.title(title, anchor=False, width="content")
        if is_synthetic:
            st.badge("SYNTHETIC", color="orange", help="Generated images; no patient behind them.")
    st.caption("  ·  ".join(facts))


def _model_facts(choice: state.Choice) -> list[str]:
    if choice.model is None:
        return []
    return [f"model **{plain(choice.model.id)}**", f"threshold {choice.threshold:.2f}"]


def _data_facts(choice: state.Choice) -> list[str]:
    if choice.dataset is None:
        return []
    name = f"data **{plain(choice.dataset)}** ({state.SPLITS[choice.split]})"
    counted = judgments.count_cases(choice)
    return [name, f"{counted[0]} images, {counted[1]} patients"] if counted else [name]


def show_errors_of(draw: Callable[..., None], *arguments: object) -> None:
    """Draw a part of a page; what it cannot do is told in its place, the rest of the page stays."""
    try:
        draw(*arguments)
    except MammoError as error:
        st.error(plain(error))


def show_chips(selection: state.Selection, n: int) -> None:
    """The selection as chips that can be removed, and how many images it holds."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(f"**{n} image{'' if n == 1 else 's'}**", width="content")
        for facet, values in selection.facets.items():
            st.button(
                f"{state.FACETS[facet]}: {plain(', '.join(values))}  ✕",
                key=f"chip_{facet}",
                help="Remove this filter",
                on_click=state.write_selection,
                args=(selection.without(facet),),
            )


def stop_without_dataset(choice: state.Choice) -> None:
    """End the page with what to do next where there is no dataset."""
    if choice.dataset is None:
        st.info("There is no dataset yet. Make synthetic exams, or take a folder of your own:")
        commands = (
            "sample exams --patients 24 --seed 1",
            "index exams --out .mammo/datasets/exams",
        )
        st.code("\n".join(f"python -m mammo_core {one}" for one in commands), language="bash")
        st.stop()


def stop_without_model(choice: state.Choice) -> None:
    """End the page with what to do next where there is no model."""
    if choice.model is None:
        st.info("There is no model yet. Train one to see how well it does.")
        if st.button("Train a model", type="primary"):
            state.open_page("train")
        st.stop()


def stop_without_results(choice: state.Choice) -> None:
    """End the page with what to do next where there is nothing to judge yet."""
    stop_without_model(choice)
    stop_without_dataset(choice)
    if not library.has_predictions(choice.model, choice.dataset):
        _offer_prediction(choice, "This model has not been run on this dataset yet.")
    if judgments.are_outdated(choice):
        _offer_prediction(choice, "The model or the dataset has changed since it was run.")


def _offer_prediction(choice: state.Choice, reason: str) -> None:
    st.info(reason)
    arguments = ["predict", str(choice.model.path), str(library.dataset_path(choice.dataset))]
    if st.button("Predict now", type="primary"):
        jobs.start_job(f"Predict {choice.dataset} with {choice.model.id}", arguments)
        st.rerun()
    st.caption("It runs in the background; the status corner shows how far it is.")
    st.stop()


def show_status_corner() -> None:
    """The worker's and the running job's state at the sidebar's foot, renewed while it moves."""
    is_moving = WORKER.status().state in ("warming", "busy") or bool(_running_jobs())
    with st.sidebar:
        st.fragment(_draw_status, run_every=2 if is_moving else None)()


def _draw_status() -> None:
    status = WORKER.status()
    doing = f": {status.doing}" if status.doing else ""
    st.badge(f"Models {status.state}{plain(doing)}", color=LIGHTS[status.state])
    if status.message:
        st.caption(plain(status.message))
    for job in _running_jobs():
        progress = job.status().progress
        done, total = int(progress.get("done", 0)), max(1, int(progress.get("total", 1)))
        left = time_left(done, total, float(progress.get("seconds", 0)))
        text = f"{job.description['title']}: {progress.get('doing', 'starting')}{left}"
        st.progress(min(1.0, done / total), text=plain(text))


def _running_jobs() -> Sequence[jobs.Job]:
    return [job for job in jobs.list_jobs()[:20] if job.status().state == "running"]
