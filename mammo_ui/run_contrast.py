"""What the Models page says of ticked runs: differences, curves, two on the same images."""

import shlex
from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from mammo_core.history import read_history
from mammo_core.run_comparison import PairedRuns, compare_runs
from mammo_core.run_differences import Difference, diff_runs
from mammo_core.runs import Run
from mammo_core.wording import count
from mammo_ui import charts, frame
from mammo_ui.theme import GREEN, MODEL_A, MODEL_B, PURPLE, SKY_BLUE, VERMILION, YELLOW

COLORS = (MODEL_A, MODEL_B, GREEN, PURPLE, VERMILION, SKY_BLUE, YELLOW)
LETTERS = "ABCDEFG"
HEAD_COLORS = {"A": "blue", "B": "orange"}
LEGEND_COLUMNS, LEGEND_ROW = 2, 26
SPLIT_TITLES = {"val": "validation", "test": "test", "all": "all"}
SURE = 0.05
"""The p from which on a difference is not told from chance."""


def name_run(place: int, run: Run) -> str:
    """The run's letter and name, by which tables and legends know it."""
    return f"{LETTERS[place]} {run.name}"


def show_differences(runs: Sequence[Run]) -> None:
    """The settings and facts that differ, a column a run; what is not as in A is bold."""
    differences = diff_runs(runs)
    st.subheader("What differs", anchor=False)
    if not differences:
        st.info("Nothing that is known of them differs: same settings, same data, same network.")
        return
    st.table([_write_row(row, runs) for row in differences], hide_index=True)
    st.caption(
        "Only what differs; bold is what is not as in A. A dash: not known, or without a part in "
        "that run."
    )


def _write_row(difference: Difference, runs: Sequence[Run]) -> dict[str, str]:
    row = {"": frame.plain(f"{difference.group}: {difference.key.replace('_', ' ')}")}
    first = difference.values[0]
    for place, (run, value) in enumerate(zip(runs, difference.values, strict=True)):
        text = write_value(value)
        is_other = place > 0 and value is not None and value != first
        row[write_head(place, run)] = f"**{text}**" if is_other else text
    return row


def write_head(place: int, run: Run) -> str:
    """The run's letter and name as a column's head; A is blue and B orange, as in the curves."""
    color = HEAD_COLORS.get(LETTERS[place])
    letter = f"**{LETTERS[place]}**"
    return f"{f':{color}[{letter}]' if color else letter} {frame.plain(run.name)}"


def write_value(value: Any) -> str:
    """A setting's value as Markdown."""
    if value is None:
        return frame.DASH
    if isinstance(value, list):
        return frame.plain((" x " if _are_numbers(value) else ", ").join(map(str, value)))
    return frame.as_text(value)


def _are_numbers(values: Sequence[Any]) -> bool:
    return all(isinstance(value, int | float) for value in values)


def show_curves(runs: Sequence[Run]) -> None:
    """Loss and AUROC over the epochs, a color a run."""
    histories = {name_run(i, run): read_history(run.path) for i, run in enumerate(runs)}
    colors = {name: COLORS[i] for i, name in enumerate(histories)}
    without = [name for name, rows in histories.items() if not rows]
    st.subheader("How they learned", anchor=False)
    if len(without) == len(runs):
        st.info("None of them has a history here: imported models bring none.")
        return
    loss, auroc = st.columns(2)
    with loss:
        points = gather_points(histories, {"validation": "val_loss", "training": "loss"})
        reading = "Lower is better. Whole lines are validation, dashed ones training."
        _show_lines("Loss", "Cross-entropy", points, colors, reading)
    with auroc:
        points = gather_points(histories, {"validation": "val_auroc"})
        reading = "Higher is better, 0.5 is chance. Epochs count over all stages."
        _show_lines("Validation AUROC", "AUROC", points, colors, reading)
    if without:
        st.caption(f"Without a history: {frame.plain(', '.join(without))}.")


def gather_points(
    histories: Mapping[str, Sequence[Mapping[str, Any]]], lines: Mapping[str, str]
) -> list[dict[str, Any]]:
    """A point a run, epoch and line, from the columns that `lines` names."""
    return [
        {"run": name, "epoch": int(row["epoch"]), "line": line, "value": row[column]}
        for name, rows in histories.items()
        for row in rows
        for line, column in lines.items()
        if isinstance(row.get(column), float)
    ]


def _show_lines(
    title: str,
    quantity: str,
    points: list[dict[str, Any]],
    colors: Mapping[str, str],
    reading: str,
) -> None:
    key = f"overlaid_{title.lower().replace(' ', '_')}"
    if points:
        charts.show_chart(title, draw_overlay(quantity, colors), reading, points, key=key)
    else:
        st.caption(f"{title}: not measured in any of them.")


def draw_overlay(quantity: str, colors: Mapping[str, str]) -> charts.Spec:
    """Lines over epochs, a color a run, training dashed; fields run, epoch, line, value."""
    scale = {"domain": list(colors), "range": list(colors.values())}
    dashes = {"domain": ["validation", "training"], "range": [[1, 0], [4, 4]]}
    mark = {
        "mark": {"type": "line", "strokeWidth": 2, "point": {"size": 24}},
        "encoding": {
            "y": {"field": "value", "type": "quantitative", "title": quantity,
                  "scale": {"zero": False}, "axis": {"tickCount": 5}},
            "color": {"field": "run", "type": "nominal", "scale": scale,
                      "legend": {"title": None, "orient": "top", "labelLimit": 150,
                                 "columns": LEGEND_COLUMNS}},
            "strokeDash": {"field": "line", "type": "nominal", "scale": dashes, "legend": None},
            "tooltip": [{"field": "run"}, {"field": "line"}, {"field": "epoch"},
                        {"field": "value", "format": ".3f"}],
        },
    }  # fmt: skip
    x = {"field": "epoch", "type": "quantitative", "title": "Epoch",
         "axis": {"format": "d", "tickMinStep": 1}, "scale": {"zero": False}}  # fmt: skip
    legend = LEGEND_ROW * -(-len(colors) // LEGEND_COLUMNS)
    return {"height": 220 + legend, "encoding": {"x": x}, "layer": [mark]}


def show_pair(a: Run, b: Run) -> None:
    """Two runs side by side, and on the same images where both were judged on them."""
    st.subheader("A against B", anchor=False)
    values, paired = st.columns([1, 1.3], gap="large")
    with values:
        _show_validation(a, b)
    with paired, st.container(key="paired"):
        pairs = compare_runs(a, b)
        for pair in pairs:
            _show_paired(pair, a, b)
        if not pairs:
            _tell_how_to_pair(a, b)


def _show_validation(a: Run, b: Run) -> None:
    """All that was measured on validation images."""
    keys = list(dict.fromkeys((*a.val, *b.val)))
    if not keys:
        st.info("Neither of them has been measured on validation images here.")
        return
    names = [write_head(place, run) for place, run in enumerate((a, b))]
    rows = [
        {"On validation images": frame.plain(key.replace("_", " "))}
        | {name: _write_number(run.val.get(key)) for name, run in zip(names, (a, b), strict=True)}
        for key in keys
    ]
    st.table(rows, hide_index=True)
    if a.dataset != b.dataset:
        st.caption("Of different datasets: these columns cannot be held against each other.")


def _write_number(value: Any) -> str:
    return f"{value:.3f}" if isinstance(value, int | float) else frame.DASH


def _show_paired(pair: PairedRuns, a: Run, b: Run) -> None:
    """The paired difference of AUROCs on one table."""
    images = f"{frame.plain(pair.dataset)}, {SPLIT_TITLES.get(pair.split, pair.split)} images"
    answer = pair.answer
    if answer is None:
        st.warning(f"{images}: {frame.plain(pair.fault)}.")
        return
    st.markdown(f"**On {images}**")
    n = count(answer["patients"], "patient")
    cards = st.columns(3)
    with cards[0]:
        frame.show_card("AUROC of A", answer["auroc_a"], n)
    with cards[1]:
        frame.show_card("AUROC of B", answer["auroc_b"], n)
    with cards[2]:
        meaning = "Paired on the same images; the patient is the unit (clustered DeLong)."
        frame.show_card("Difference A - B", answer["difference"], n, help_text=meaning)
    st.markdown(f"**{judge(answer)}**")
    for warning in answer["warnings"]:
        st.caption(frame.plain(warning))
    if pair.split != "val":
        _show_command(a, b, pair.dataset)


def judge(answer: Mapping[str, Any]) -> str:
    """What a paired comparison shows, in a sentence."""
    p, value = answer["delong_p"], answer["difference"]["value"]
    if value is None:
        return "No AUROC can be had: a class is missing among these images."
    if p is None:
        why = "they rank alike" if value == 0 else "there are too few patients to test it"
        return f"No p can be had: {why}."
    better = "A" if value > 0 else "B"
    words = f"p {p:.3f}" if p >= 0.001 else "p < 0.001"
    if p >= SURE:
        return f"No difference is shown ({words}); that does not make them equal."
    return f"{better} is better on these images ({words})."


def _tell_how_to_pair(a: Run, b: Run) -> None:
    if not (a.is_whole and b.is_whole):
        st.info("An unfinished training has no predictions; a paired difference needs two.")
        return
    st.info(
        "No images are known on which both were judged. A paired difference needs the same "
        "dataset: evaluate both on one, then look here again, or ask the command line, which "
        "looks at its test images:"
    )
    _show_command(a, b, st.session_state["choice"].dataset or "DATASET")


def _show_command(a: Run, b: Run, dataset: str) -> None:
    words = shlex.join(["compare", a.name, b.name, "--dataset", dataset])
    st.code(f"python -m mammo_core {words}", language="bash")
