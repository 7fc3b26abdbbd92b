"""What frames every page: title with its facts, cards, chips, empty states."""

import re
from collections.abc import Callable, Mapping, Sequence
from math import floor, isclose, log10
from pathlib import Path
from typing import Any

import streamlit as st

from mammo_core import jobs
from mammo_core.errors import MammoError
from mammo_core.metrics.verdict import write_p
from mammo_core.model_store import StoredModel, predictions_path
from mammo_core.synthetic_only import warn_of_real
from mammo_core.two_views import tell_counted_twice
from mammo_core.wording import count
from mammo_ui import job_watch, judgments, library, own_test, state

DISCLAIMER = "research only, not for diagnosis"
DASH = "\N{EN DASH}"
SAME_VALUE = "All resamples gave the same value: the interval says nothing."


def plain(text: object) -> str:
    """Text from a file as Markdown that shows exactly that text."""
    return re.sub(r"([\\`*_{}\[\]()#+\-.!|<>$~:&])", r"\\\1", " ".join(str(text).split()))


def as_text(value: object) -> str:
    """A fact as Markdown: a number in four digits, a text exactly as it is."""
    return f"{value:z.4g}" if isinstance(value, float) else plain(value)


def estimate_text(estimate: dict[str, float | None] | None, digits: int = 2) -> str:
    """The text 0.91 [0.86 to 0.95], a dash where the estimate is undefined."""
    if estimate is None or estimate["value"] is None:
        return DASH
    return f"{estimate['value']:z.{digits}f}{interval_text(estimate, digits)}"


def interval_text(estimate: dict[str, float | None], digits: int = 2) -> str:
    """The text [0.86 to 0.95] after a blank, empty where there is no interval."""
    if estimate["low"] is None or estimate["high"] is None:
        return ""
    return f" [{estimate['low']:z.{digits}f} to {estimate['high']:z.{digits}f}]"


def count_digits(value: float) -> int:
    """Digits after the point that a card has room for: two, of what is below .1 two that count."""
    return 2 if value == 0 else min(6, max(2, 1 - floor(log10(abs(value)))))


def p_texts(row: Mapping[str, Any]) -> dict[str, str]:
    """The cells "p" and "p adjusted" of a table as text, a dash where there is no p-value."""
    return {name: p_text(row[name]) for name in ("p", "p adjusted")}


def p_text(p: float | None) -> str:
    """A p-value as text, a dash where there is none."""
    return DASH if p is None else write_p(p)


def show_card(
    label: str, estimate: dict[str, float | None], n: str, *, help_text: str = ""
) -> None:
    """A metric with its interval and its n, always at the same place."""
    value = estimate["value"]
    digits = count_digits(value or 0.0)
    st.metric(
        label,
        DASH if value is None else f"{value:z.{digits}f}",
        f"{interval_text(estimate, digits).strip() or 'no interval'}, {n}",
        delta_color="off",
        delta_arrow="off",
        border=True,
        help=f"{help_text} {_caution(estimate)}".strip(),
    )


def _caution(estimate: dict[str, float | None]) -> str:
    """What to keep in mind of an estimate, empty where nothing."""
    if estimate["value"] is None:
        return "Undefined here: a class is missing."
    low, high = estimate["low"], estimate["high"]
    return SAME_VALUE if low is not None and high is not None and isclose(low, high) else ""


def tighten() -> None:
    """Use the screen: Streamlit leaves a hand's breadth above each page."""
    st.html(f"<style>{(Path(__file__).parent / 'frame.css').read_text(encoding='utf-8')}</style>")


def join_history_steps() -> None:
    """Let one step of the user be one entry of the browser's history; see history.js."""
    script = (Path(__file__).parent / "history.js").read_text(encoding="utf-8")
    with st.sidebar:
        st.html(f"<script>{script}</script>", unsafe_allow_javascript=True)


def show_title(title: str, question: str, *, beside: Callable[[], None] | None = None) -> None:
    """The page's title, the question it answers, and which model and data it speaks of.

    Args:
        title: Of the page.
        question: What the page answers.
        beside: Draws what stands beside the title.
    """
    choice = st.session_state["choice"]
    facts = [question, *_model_facts(choice), *_data_facts(choice), DISCLAIMER]
    is_synthetic = choice.dataset is not None and library.is_synthetic(choice.dataset)
    _draw_title(title, facts, is_synthetic=is_synthetic, beside=beside)
    warn_if_synthetic_model(choice, choice.dataset is not None and not is_synthetic)


def show_title_of_upload(title: str, question: str) -> None:
    """The same for a page that speaks of no dataset but of the user's own file."""
    facts = [question, *_model_facts(st.session_state["choice"]), DISCLAIMER]
    _draw_title(title, facts, is_synthetic=False)


def show_title_of_reading(title: str, question: str, model: StoredModel, dataset: str) -> None:
    """The same for a blinded reading, whose model says its most probable class at no threshold.

    Args:
        title: Of the page.
        question: What is read and by whom.
        model: Of the reading.
        dataset: Of the reading.
    """
    says = f"against **{plain(model.id)}**, by its most probable class"
    is_synthetic = library.is_synthetic(dataset)
    _draw_title(title, [question, says, DISCLAIMER], is_synthetic=is_synthetic)
    warn_if_synthetic_model(model, not is_synthetic)


def show_title_of_data(title: str, question: str) -> None:
    """The same for a page that speaks of a whole dataset and of no model."""
    name = st.session_state["choice"].dataset
    facts = [question, *([f"data **{plain(name)}**"] if name else []), DISCLAIMER]
    _draw_title(title, facts, is_synthetic=name is not None and library.is_synthetic(name))


def warn_if_synthetic_model(of: state.Choice | StoredModel | None, is_real: bool) -> None:
    """Say so where images of real patients meet a model that has seen only generated ones.

    Args:
        of: The model, or the choice that names it.
        is_real: Whether the images that it judges were taken rather than generated.
    """
    model = of.model if isinstance(of, state.Choice) else of
    for sentence in () if model is None else warn_of_real(model, is_real=is_real):
        st.warning(f"{sentence}.")


def _draw_title(
    title: str,
    facts: Sequence[str],
    *,
    is_synthetic: bool,
    beside: Callable[[], None] | None = None,
) -> None:
    not_found = st.session_state["choice"].not_found
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.title(title, anchor=False, width="content")
        if is_synthetic:
            st.badge("SYNTHETIC", color="orange", help="Generated images; no patient behind them.")
        if beside:
            beside()
    st.caption("  ·  ".join(facts))
    if not_found:
        st.warning(f"Not found, so left out of the address: {plain(', '.join(not_found))}.")


def _model_facts(choice: state.Choice) -> list[str]:
    if choice.model is None:
        return []
    return [f"model **{plain(choice.model.id)}**", f"threshold {choice.threshold:.2f}"]


def _data_facts(choice: state.Choice) -> list[str]:
    if choice.dataset is None:
        return []
    facts = [f"data **{plain(choice.dataset)}** ({state.SPLITS[choice.split]})"]
    counted = judgments.count_cases(choice)
    if counted:
        facts.append(f"{count(counted[0], 'image')}, {count(counted[1], 'patient')}")
    return [*facts, f"by {tell_unit(choice)}"]


def tell_unit(choice: state.Choice) -> str:
    """What one case is, and by which rule it is made of images: "breast, maximum of its images"."""
    if choice.level == "image":
        return "image"
    return f"{state.LEVELS[choice.level]}, {state.RULES[choice.aggregation]} of its images"


def show_errors_of(draw: Callable[..., None], *arguments: object) -> None:
    """Draw a part of a page; what it cannot do is told in its place, the rest of the page stays."""
    try:
        draw(*arguments)
    except MammoError as error:
        st.error(plain(error))


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
        st.info("There is no model yet. Train one, or import one on the page Models.")
        if st.button("Train a model", type="primary"):
            state.open_page("train")
        st.stop()


def stop_without_results(choice: state.Choice) -> None:
    """End the page with what to do next where there is nothing to judge yet."""
    stop_without_model(choice)
    stop_without_dataset(choice)
    if choice.model.is_table:
        _stop_without_rows(choice)
    elif not library.has_predictions(choice.model, choice.dataset):
        _offer_prediction(choice, f"{choice.model.id} has not been run on this dataset yet.")
    elif judgments.are_outdated(choice):
        _offer_prediction(choice, f"{choice.model.id} or the dataset has changed since it was run.")
    if not library.read_card(choice.dataset).classes:
        st.info(
            "This dataset has no labels, so that there is nothing to judge the model by. What it "
            "says of each image stands in its table of predictions:"
        )
        st.code(str(predictions_path(choice.model, choice.dataset)), language=None)
        st.stop()
    own_test.stop_before_own_test(choice)
    twice = tell_counted_twice(choice.model, choice.level, instead="choose that level")
    for warning in filter(None, (own_test.tell_seen_images(choice), twice)):
        st.warning(plain(f"{warning}."))


def _stop_without_rows(choice: state.Choice) -> None:
    """End the page where a model that is only a table tells nothing of the dataset as it is."""
    is_there = library.has_predictions(choice.model, choice.dataset)
    if is_there and not judgments.are_outdated(choice):
        return
    held = sorted(path.stem for path in (choice.model.path / "predictions").glob("*.parquet"))
    why = "The dataset has changed since." if is_there else f"It tells of {', '.join(held)}."
    st.info(
        plain(
            f"{choice.model.id} is a table of predictions without a network, so that it cannot be "
            f"run on {choice.dataset}. {why} Choose that dataset, or bring another table."
        )
    )
    for name in held:
        if name != choice.dataset and name in library.dataset_names():
            st.button(f"Choose {plain(name)}", on_click=state.choose_dataset_next, args=(name,))
    st.stop()


def _offer_prediction(choice: state.Choice, reason: str) -> None:
    """End the page with a button that runs the model, unless there are no pictures to run it on."""
    if not library.read_card(choice.dataset).has_pictures:
        st.info(
            plain(
                f"{reason} It cannot be: {choice.dataset} has no pictures. Choose another model or "
                "another dataset in the sidebar."
            )
        )
        st.stop()
    arguments = ["predict", str(choice.model.path), str(library.dataset_path(choice.dataset))]
    last = job_watch.last_job(arguments)
    if last and last.status().state == "running":
        st.info("The model is running on this dataset; the numbers appear here when it is done.")
        st.stop()
    st.info(plain(reason))
    failure = job_watch.failure_of(last) if last else None
    if failure:
        st.error(plain(f"The last try failed: {failure}"))
    if st.button("Predict now", type="primary"):
        jobs.start_job(f"Predict {choice.dataset} with {choice.model.id}", arguments)
        st.rerun()
    st.caption("It runs in the background; the status corner shows how far it is.")
    st.stop()
