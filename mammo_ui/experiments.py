"""Reading experiments: their parts as they go, what came of them, the out-of-fold table."""

from collections.abc import Callable, Sequence
from typing import Any

import streamlit as st

from mammo_core.experiments import record
from mammo_core.experiments.record import Experiment
from mammo_core.wording import count
from mammo_ui import charts, frame, learning_curves
from mammo_ui.forest_charts import draw_forest
from mammo_ui.theme import BLUE, MUTED

Estimate = dict[str, float | None]
STATES = {
    "waiting": "waiting",
    "training": ":blue[training]",
    "stopped": ":gray[stopped]",
    "done": ":green[done]",
}
TITLES = {"cross_validation": "Cross-validation", "learning_curve": "Learning curve"}
POOLED, MEAN = "all pooled", "mean of the parts"
RATES = {"sensitivity": "Sensitivity", "specificity": "Specificity", "recall_rate": "Recall rate"}


def list_experiments() -> list[str]:
    """The names of the experiments in .mammo/experiments, the one last written first.

    A name is what `show_experiment` takes and the folder's name that `cross-validate --out` and
    `learning-curve --out` were given.
    """
    return [experiment.folder.name for experiment in record.list_experiments()]


def show_titled(name: str) -> None:
    """The same as `show_experiment` below a heading, for a place that has none of its own."""
    folder = record.experiments_folder() / name
    if (folder / record.FILE).exists():
        experiment = record.read_experiment(folder)
        title = f"{TITLES[experiment.kind]}: {experiment.content['name']}"
        st.markdown(f"**{frame.plain(title)}**")
    show_experiment(name)


def show_experiment(name: str) -> None:
    """Draw one experiment as it stands: parts, charts, verdict, table.

    To be called outside of a form, once a page run, in a fragment that renews itself where the
    experiment is under way. It needs at least half of the page's width.

    Args:
        name: Of `list_experiments`; one whose pixels are still being prepared is told to be so.

    Raises:
        MammoError: Where the experiment is damaged.
    """
    folder = record.experiments_folder() / name
    if not (folder / record.FILE).exists():
        st.info("Its pixels are being prepared; its parts appear here when the first one begins.")
        return
    experiment = record.read_experiment(folder)
    _show_head(experiment)
    DRAWINGS[experiment.kind](experiment)
    _show_parts(experiment)
    _show_training(experiment)
    if experiment.notes:
        st.caption("  \n".join(frame.plain(f"{note.rstrip('.')}.") for note in experiment.notes))


def _show_head(experiment: Experiment) -> None:
    n_done = sum(part["state"] == "done" for part in experiment.parts)
    settings = experiment.content["settings"]["configuration"]
    facts = [
        f"data **{frame.plain(experiment.content['dataset']['name'])}**",
        f"{n_done} of {count(len(experiment.parts), 'part')} done",
        frame.plain(f"{settings['recipe']}, {settings['architecture']}, seed {settings['seed']}"),
    ]
    st.caption("  ·  ".join(facts))


def _show_cross_validation(experiment: Experiment) -> None:
    rows = forest_rows(experiment)
    if not rows:
        return
    result, positive = experiment.result, experiment.content["positive"]
    whole = None if result is None else result["per_class"][positive]["auroc"]["value"]
    charts.show_chart(
        f"AUROC for {frame.plain(positive)} by part",
        draw_forest(
            f"AUROC, {positive} against the rest",
            [row["group"] for row in rows],
            reference=whole,
        ),
        "Each part is judged on patients that its model never saw. Points are estimates, lines "
        "95 % intervals over patients, the dashed line all images pooled.",
        rows,
        key="experiment_forest",
    )
    if result is not None:
        _show_pooled(experiment, result)


def forest_rows(experiment: Experiment) -> list[charts.Row]:
    """A row for each judged part with an AUROC, then all pooled and the mean of the parts."""
    rows: list[charts.Row] = [
        {"group": part["title"], "n": part["test"]["n"], "patients": part["test"]["patients"]}
        | part["test"]["auroc"]
        for part in experiment.parts
        if part["test"] and part["test"]["auroc"]["value"] is not None
    ]
    result = experiment.result
    if result is None:
        return rows
    counts = {"n": result["n"], "patients": result["patients"]}
    pooled = result["per_class"][experiment.content["positive"]]["auroc"]
    joined = {POOLED: pooled, MEAN: result["folds"]["mean_auroc"]}
    return rows + [
        {"group": group, **counts, **estimate}
        for group, estimate in joined.items()
        if estimate["value"] is not None
    ]


def _show_pooled(experiment: Experiment, result: dict[str, Any]) -> None:
    folds = result["folds"]
    pooled = result["per_class"][experiment.content["positive"]]["auroc"]
    rates = "  ·  ".join(
        f"{title} **{frame.estimate_text(folds['at_own_thresholds'][name])}**"
        for name, title in RATES.items()
    )
    st.markdown(
        f"Pooled **{frame.estimate_text(pooled)}**  ·  mean of {count(folds['n_defined'], 'part')} "
        f"**{frame.estimate_text(folds['mean_auroc'])}**{_spread_text(folds)}  \n"
        f"At each part's own threshold: {rates}"
    )
    said = (*folds["meanings"].values(), *_tell_missing(experiment), *result["warnings"])
    st.caption("  \n".join(map(frame.plain, said)))
    st.download_button(
        "Out-of-fold table (CSV)",
        _reader(experiment),
        f"{experiment.folder.name}.csv",
        "text/csv",
        key="out_of_fold_csv",
        on_click="ignore",
    )


def _tell_missing(experiment: Experiment) -> list[str]:
    """Which estimates of the forest lack an interval, and why."""
    lacking = [row["group"] for row in forest_rows(experiment) if row["low"] is None]
    if not lacking:
        return []
    why = (
        "too few patients: an interval of an AUROC needs two or more with "
        f"{experiment.content['positive']} and two or more without, and that of the mean needs "
        "one of every part."
    )
    return [f"Without an interval: {', '.join(lacking)}. The reason is {why}"]


def _spread_text(folds: dict[str, Any]) -> str:
    if folds["sd"] is None:
        return ""
    return f", from {folds['lowest']:.2f} to {folds['highest']:.2f}, SD {folds['sd']:.2f}"


def _reader(experiment: Experiment) -> Callable[[], str]:
    """What reads the table as CSV text once it is asked for."""

    def read() -> str:
        import pandas as pd

        text: str = pd.read_parquet(experiment.folder / record.TABLE).to_csv(index=False)
        return text

    return read


def _show_learning_curve(experiment: Experiment) -> None:
    rows = curve_rows(experiment)
    if not rows:
        return
    if experiment.result is not None:
        st.markdown(f"**{frame.plain(experiment.result['verdict']['sentence'])}**")
    positive = experiment.content["positive"]
    charts.show_chart(
        f"AUROC for {frame.plain(positive)} by patients to train on",
        draw_growth(rows),
        "The same validation images judge every share. Lines are 95 % intervals over validation "
        "patients; where they overlap, the paired last step in the verdict tells more.",
        rows,
        key="experiment_growth",
    )


def curve_rows(experiment: Experiment) -> list[charts.Row]:
    """A row a share: patients, n, value, low, high; before the end a row a judged part."""
    result = experiment.result
    if result is None:
        points = [
            (part["patients"]["train"], part["n_train"], part["validation"]["auroc"])
            for part in experiment.parts
            if part["state"] == "done"
        ]
    else:
        points = [(point["patients"], point["n"], point["auroc"]) for point in result["curve"]]
    return [
        {"patients": patients, "n": n, **auroc}
        for patients, n, auroc in points
        if auroc["value"] is not None
    ]


def draw_growth(rows: Sequence[charts.Row]) -> charts.Spec:
    """Estimates with their intervals over the number of patients; fields as `curve_rows`."""
    values = sorted({row["patients"] for row in rows})
    x = {"field": "patients", "type": "quantitative", "title": "Patients to train on",
         "scale": {"zero": True, "padding": 12},
         "axis": {"values": values, "format": "d"}}  # fmt: skip
    y = {"type": "quantitative", "title": "AUROC", "scale": {"domain": [0, 1]},
         "axis": {"values": [0, 0.25, 0.5, 0.75, 1], "format": ".2f"}}  # fmt: skip
    chance = {"type": "rule", "strokeDash": [4, 4], "color": MUTED}
    return {
        "height": 280,
        "encoding": {},
        "layer": [
            {"mark": chance, "data": {"values": [{"chance": 0.5}]},
             "encoding": {"y": {"field": "chance", **y}}},
            {"mark": {"type": "rule", "strokeWidth": 2, "color": MUTED},
             "encoding": {"x": x, "y": {"field": "low", **y}, "y2": {"field": "high"}}},
            {"mark": {"type": "line", "color": BLUE, "strokeWidth": 2,
                      "point": {"filled": True, "size": 70, "color": BLUE}},
             "encoding": {"x": x, "y": {"field": "value", **y},
                          "tooltip": [{"field": "patients"}, {"field": "n", "title": "images"},
                                      {"field": "value", "format": ".3f"},
                                      {"field": "low", "format": ".3f"},
                                      {"field": "high", "format": ".3f"}]}},
        ],
    }  # fmt: skip


def _show_training(experiment: Experiment) -> None:
    """How the part learns that is under way."""
    for part in experiment.parts:
        if part["state"] == "training":
            st.markdown(f"How **{frame.plain(part['title'])}** learns")
            learning_curves.show_history(experiment.part_folder(part["name"]))


def _show_parts(experiment: Experiment) -> None:
    st.table([describe_part(part) for part in experiment.parts], hide_index=True)


def describe_part(part: dict[str, Any]) -> dict[str, str]:
    """A part as a row of the table."""
    judged = part["test"] or part.get("validation")
    patients = [str(part["patients"][role]) for role in ("train", "val", "test")]
    return {
        "part": frame.plain(part["title"]),
        "state": STATES.get(part["state"], frame.plain(part["state"])),
        "patients (train, val, test)": ", ".join(patients),
        "epochs": str(part["epochs"]),
        "AUROC": frame.estimate_text(judged["auroc"]) if judged else "",
        "threshold": "" if part["threshold"] is None else f"{part['threshold']:.2f}",
    }


DRAWINGS: dict[record.Kind, Callable[[Experiment], None]] = {
    "cross_validation": _show_cross_validation,
    "learning_curve": _show_learning_curve,
}
