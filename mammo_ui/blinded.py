"""The parts of the page Blinded reading: beginning, one case after the other, what it came to.

Nothing that is drawn before a verdict names the image, its truth or what the model says.
"""

import time
from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import streamlit as st

from mammo_core.csv_text import to_csv
from mammo_core.errors import MammoError
from mammo_core.wording import count
from mammo_ui import frame, library, routes, state
from mammo_ui.chosen_rows import read_rows, rows_of
from mammo_ui.viewer import Panel, show_viewer

if TYPE_CHECKING:
    from mammo_core.reviews.readings import Reading, Readings, Verdict

READING = "reading"
"""The parameter of the address that names the reading."""
TOLD, SINCE = "told_verdict", "case_shown_since"
SUSPICIONS = range(0, 101, 10)
"""In percent; none is chosen beforehand, so that each is said on purpose."""
CALLS = {
    "accuracy": "Accuracy",
    "kappa": "Cohen's kappa",
    "sensitivity": "Sensitivity",
    "specificity": "Specificity",
    "auroc": "AUROC",
}


def show_beginning(choice: state.Choice, readings: "Readings") -> None:
    """The form for a new reading, and the readings that there are."""
    frame.stop_without_results(choice)
    if not library.read_card(choice.dataset).has_pictures:
        st.info(f"{frame.plain(choice.dataset)} has no pictures, so there is nothing to read.")
        _show_readings(readings)
        return
    n_images = len(read_rows(rows_of(choice).images))
    with st.form("begin_reading", width=560, enter_to_submit=False):
        reader = st.text_input("Your initials", max_chars=40, placeholder="AB")
        n = st.number_input("Cases", 1, n_images, min(20, n_images))
        is_balanced = st.toggle(
            "Show every class about equally often",
            value=True,
            help="Few images of a screening population show a cancer. With more of them, a short "
            "reading says more of sensitivity; how often a reader calls says nothing then.",
        )
        tells_truth = st.toggle("Tell the truth after each verdict, beside the model's", value=True)
        begins = st.form_submit_button("Begin", type="primary")
    st.caption(
        "Each image comes alone and in random order. You say what you see; only then the model's "
        "verdict is shown. A verdict cannot be changed afterwards. You can stop at any time and go "
        "on later."
    )
    if begins:
        frame.show_errors_of(_begin, choice, readings, reader, int(n), is_balanced, tells_truth)
    _show_readings(readings)


def _begin(
    choice: state.Choice,
    readings: "Readings",
    reader: str,
    n: int,
    is_balanced: bool,
    tells_truth: bool,
) -> None:
    from mammo_core.reviews.reading_order import draw_cases

    table = read_rows(rows_of(choice).images)
    made = readings.begin(
        dataset=choice.dataset,
        model=choice.model.id,
        split=choice.split,
        reader=reader,
        tells_truth=tells_truth,
        image_ids=draw_cases(table, n, is_balanced=is_balanced, seed=time.time_ns() % 2**32),
    )
    state.open_page("reading", reading=made.id)


def _show_readings(readings: "Readings") -> None:
    there = readings.list()
    if not there:
        return
    st.subheader("Readings so far", anchor=False)
    for one in there[:20]:
        n = len(readings.verdicts(one))
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(
                f"**{frame.plain(one.reader)}**, {frame.plain(one.dataset)} against "
                f"{frame.plain(one.model)}, {n} of {count(len(one.image_ids), 'case')} judged, "
                f"begun {frame.plain(one.begun[:10])}",
                width="content",
            )
            title = "Results" if n == len(one.image_ids) else "Go on"
            if st.button(title, key=f"open_{one.id}"):
                state.open_page("reading", reading=one.id)
            with st.popover("Delete", type="tertiary"):
                st.button(
                    f"Delete {count(n, 'verdict')}",
                    key=f"delete_{one.id}",
                    on_click=readings.remove,
                    args=(one,),
                )


def show_reading(choice: state.Choice, readings: "Readings", reading: "Reading") -> None:
    """The next case, what the model said of the last one, or what it all came to."""
    verdicts = readings.verdicts(reading)
    told = st.session_state.get(TOLD)
    if told in verdicts and told in reading.image_ids:
        _reveal(choice, reading, told, verdicts[told])
        return
    left = [name for name in reading.image_ids if name not in verdicts]
    if not left or st.session_state.get(f"ends_{reading.id}"):
        _show_result(choice, reading, verdicts)
        return
    _ask(choice, readings, reading, left[0], len(verdicts))


def _ask(
    choice: state.Choice, readings: "Readings", reading: "Reading", image_id: str, n_judged: int
) -> None:
    """One case and the questions."""
    place = reading.image_ids.index(image_id)
    since = st.session_state.setdefault(f"{SINCE}_{reading.id}_{place}", time.time())
    picture, questions = st.columns([1.5, 1], gap="large")
    with picture:
        _show_picture(reading, place)
    with questions:
        st.progress(
            n_judged / len(reading.image_ids), f"Case {n_judged + 1} of {len(reading.image_ids)}"
        )
        says, said = _ask_verdict(choice.model.classes, place)
        spent = min(int(time.time() - since), 86_400)
        if says and said[0] is None:
            st.warning("Choose a class first.")
        elif says and said[1] is None:
            st.warning(f"Choose first how likely it is {frame.plain(choice.model.classes[-1])}.")
        elif says:
            frame.show_errors_of(_write, readings, reading, image_id, (*said, spent))
        if n_judged and st.button("Stop here and show the result", type="tertiary"):
            st.session_state[f"ends_{reading.id}"] = True
            st.rerun()


def _ask_verdict(
    classes: Sequence[str], place: int
) -> tuple[bool, tuple[str | None, int | None, str]]:
    """(whether the verdict is given, its class, suspicion and note); None where not chosen yet."""
    with st.form(f"verdict_{place}", border=False):
        label = st.radio("What is it?", classes, index=None, key=f"label_{place}")
        suspicion = st.radio(
            f"How likely is it {classes[-1]}? In %", SUSPICIONS, index=None, key=f"how_{place}",
            horizontal=True,
        )  # fmt: skip
        note = st.text_area("Note", key=f"note_{place}", height=80)
        says = st.form_submit_button("Give the verdict", type="primary")
    return says, (label, suspicion, note)


def _write(
    readings: "Readings", reading: "Reading", image_id: str, said: tuple[str, int, str, int]
) -> None:
    from mammo_core.reviews.readings import Verdict

    label, suspicion, note, seconds = said
    verdict = Verdict(label=label, suspicion=suspicion, note=note, seconds=seconds)
    readings.judge(reading, image_id, verdict)
    st.session_state[TOLD] = image_id
    st.rerun()


def _show_picture(reading: "Reading", place: int) -> None:
    dataset = library.require_dataset(reading.dataset)
    image = dataset.index.set_index("image_id").loc[reading.image_ids[place]]
    panel = Panel(
        f"Case {place + 1}",
        routes.reading_address(reading.id, place),
        alt=f"Mammogram, case {place + 1} of this reading",
    )
    show_viewer([panel], aspect=image["columns"] / image["rows"], key=f"blinded_{place}")


def _reveal(choice: state.Choice, reading: "Reading", image_id: str, verdict: "Verdict") -> None:
    """What the model says of a case that is judged."""
    place = reading.image_ids.index(image_id)
    row = _read_row(choice, image_id)
    picture, words = st.columns([1.5, 1], gap="large")
    with picture:
        _show_picture(reading, place)
    with words:
        st.markdown(f"You said **{frame.plain(verdict.label)}**, suspicion {verdict.suspicion} %.")
        severe = choice.model.classes[-1]
        st.markdown(
            f"The model says **{frame.plain(row['predicted'])}**, "
            f"{frame.plain(severe)} {row['score']:.2f}."
        )
        if reading.tells_truth:
            st.markdown(f"The truth is **{frame.plain(row['truth'])}**.")
        if row["predicted"] != verdict.label:
            st.info("You and the model disagree.")
        st.button("Next case", type="primary", on_click=_forget_told, shortcut="Right")


def _forget_told() -> None:
    st.session_state.pop(TOLD, None)


def _read_row(choice: state.Choice, image_id: str) -> dict[str, Any]:
    table = read_rows(rows_of(choice).images)
    place = int((table.frame["image_id"] == image_id).to_numpy().argmax())
    return {
        "predicted": table.classes[table.predicted[place]],
        "score": float(table.probabilities[place, -1]),
        "truth": table.classes[table.labels[place]],
    }


def _show_result(choice: state.Choice, reading: "Reading", verdicts: "dict[str, Verdict]") -> None:
    from mammo_core.reviews.reading_result import tabulate_reading

    if not verdicts:
        raise MammoError("Nothing has been judged in this reading yet")
    rows = rows_of(choice).images
    result = _judge(rows, tuple(verdicts.items()))
    _tell_result(reading, result)
    _show_numbers(result)
    with st.container(horizontal=True):
        wrong = result["disagreements"]
        if wrong and st.button(f"Show the {count(len(wrong), 'case')} of disagreement"):
            state.open_cases_of("Reader and model disagree", wrong)
        csv = to_csv(tabulate_reading(read_rows(rows), verdicts))
        st.download_button("Verdicts as CSV", csv, f"reading_{reading.id}.csv", "text/csv")
        if len(verdicts) < len(reading.image_ids) and st.button("Go on reading"):
            st.session_state.pop(f"ends_{reading.id}", None)
            st.rerun()
        if st.button("All readings", type="tertiary"):
            state.open_page("reading")


WHO = ("Reader", "Model")


def _show_numbers(result: dict[str, Any]) -> None:
    """Both against the truth, and what to know of it."""
    table = [
        {"": title} | {who: frame.estimate_text(result[who.lower()][key]) for who in WHO}
        for key, title in CALLS.items()
    ]
    st.dataframe(table, hide_index=True, width=620)
    st.caption(
        f"Against the truth, with 95 % intervals over {count(result['patients'], 'patient')}. "
        f"Sensitivity, specificity and AUROC are of {frame.plain(result['positive'])}; the "
        "reader's score is the suspicion, the model's the probability."
    )
    for warning in result["warnings"]:
        st.caption(frame.plain(f"{warning}."))


def _tell_result(reading: "Reading", result: dict[str, Any]) -> None:
    same, kappa = result["agreement"]["same"], result["agreement"]["kappa"]
    st.markdown(
        f"**{frame.plain(reading.reader)} and the model agree on {frame.estimate_text(same)} of "
        f"{count(result['n'], 'case')}**, Cohen's kappa {frame.estimate_text(kappa)}; "
        f"{result['seconds_a_case']:.0f} s a case in the median."
    )
    if result["auroc_p"] is not None:
        st.markdown(f"p = {result['auroc_p']:.2g} that both rank alike (DeLong, by patient).")


@lru_cache(maxsize=8)
def _judge(rows: Any, verdicts: "tuple[tuple[str, Verdict], ...]") -> dict[str, Any]:
    from mammo_core.reviews.reading_result import judge_reading

    return judge_reading(read_rows(rows), dict(verdicts))
