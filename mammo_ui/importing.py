"""The Models page's tab Import: a model from elsewhere is asked for, taken in as a job, shown."""

import re
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import streamlit as st

from mammo_core import model_store
from mammo_core.errors import BadConfiguration, BadModel
from mammo_core.plausibility import read_plausibility
from mammo_core.wording import count
from mammo_ui import (
    frame,
    import_form,
    library,
    model_files,
    run_actions,
    state,
)
from mammo_ui.import_form import Asked
from mammo_ui.intake import Intake

if TYPE_CHECKING:
    from mammo_core.model_store import StoredModel

FEW_LAYERS = 6
WORDS = {
    "No --preprocess was given": "Its images are prepared as usual",
    "(with )?--input-range": "for values",
    "--classes ": "the classes ",
}
"""Words of the command line and what stands for them here."""
HOW_IT_IS_SAFE = (
    "The file is read, never run: only Keras's own layers are rebuilt, declared sizes are checked "
    "before anything is allocated, and an upload is deleted once it is taken in or refused."
)


def show_importing() -> None:
    """What runs, what became of it, and the form for another model."""
    model_files.drop_ended()
    if INTAKE.show_job():
        return
    INTAKE.tell_last()
    asked = import_form.ask(INTAKE.forget_last)
    if asked is not None:
        frame.show_errors_of(_start, asked)
    st.caption(HOW_IT_IS_SAFE)


def show_answer(answer: dict[str, Any]) -> None:
    """The model that came in: its input, head and layers, and what to be wary of.

    Args:
        answer: Of the verb `import`.
    """
    model = model_store.read_model(Path(answer["model"]))
    kept, name = read_plausibility(model), model.path.name
    judged = "" if kept else " It has not been judged on any image here yet."
    st.success(f"**{frame.plain(name)}** is in.{judged}")
    told, layers = st.columns([1.2, 1], gap="large")
    with told:
        facts = {
            "Input": " x ".join(map(str, answer["input_shape"])),
            "Head": answer["head"],
            "Classes": ", ".join(answer["classes"]),
            "Parameters": f"{answer['parameters']:,}",
        }
        lines = [f"{title}: **{frame.plain(value)}**" for title, value in facts.items()]
        st.markdown("  \n".join(lines))
        for warning in answer["warnings"]:
            st.warning(frame.plain(f"{word_for_page(warning)}."))
        for sentence in kept["sentences"] if kept else ():
            st.info(frame.plain(f"{word_for_page(sentence)}."))
        if not kept:
            _offer_check(model)
        _offer_judging(name)
    with layers:
        rows = [{"no.": i + 1, "layer": path} for i, path in enumerate(answer["layers"])]
        st.markdown(f"**{count(len(rows), 'convolutional layer')}**")
        height = 240 if len(rows) > FEW_LAYERS else "content"
        st.dataframe(rows, hide_index=True, height=height, alt="The layers from input to output")


def word_for_page(text: str) -> str:
    """A sentence for the command line as one for this page, where values are chosen by a box."""
    for words, ours in WORDS.items():
        text = re.sub(words, ours, text)
    return text


def _offer_check(model: "StoredModel") -> None:
    """The check of the order of the classes; nothing where no dataset has labels of its classes."""
    fitting = [
        name
        for name in library.dataset_names()
        if model.classes[-1] in (classes := library.read_card(name).classes)
        and set(classes) <= set(model.classes)
    ]
    if fitting:
        chosen = st.session_state["choice"].dataset
        on = chosen if chosen in fitting else fitting[0]
        label = f"Check the order of its classes on {frame.plain(on)}"
        run_actions.offer_check_on(model.path, on, label)


def _offer_judging(name: str) -> None:
    dataset = st.session_state["choice"].dataset
    if dataset is None:
        return
    st.markdown(
        "How good it is shows on images with labels. Its card stands on the tab Runs; or judge it "
        f"on **{frame.plain(dataset)}**."
    )
    if st.button("Judge it", type="primary", on_click=state.choose_model, args=(name,)):
        state.open_page("overview")


def _start(asked: Asked) -> None:
    """Start the import as a job.

    Raises:
        BadConfiguration: Where the name cannot be taken or the classes are missing.
        BadModel: Where no file was named.
    """
    if not asked.source:
        raise BadModel("Expected a model's file: name its path, or upload it")
    if "," not in asked.classes:
        raise BadConfiguration(
            "Expected the names of two classes or more with commas between them, such as "
            f"normal, benign, malignant; got '{asked.classes}'"
        )
    INTAKE.start(asked.name, partial(_write_arguments, asked))


def _write_arguments(asked: Asked, place: Path) -> list[str]:
    """What follows the verb's name and the model's; what it reads is put into `place`."""
    words = ["--classes", asked.classes]
    words += ["--input-range", asked.input_range]
    words += ["--size", asked.size] if asked.size else []
    if asked.reference:
        words += ["--reference-data", str(library.dataset_path(asked.reference))]
    if asked.preprocess:
        words += ["--preprocess", str(model_files.keep_settings(place, asked.preprocess))]
    return [*words, "--json", "--", str(INTAKE.find_file(asked.source, place))]


INTAKE = Intake(verb="import", title="Import", endings=model_files.ENDINGS, show_answer=show_answer)
