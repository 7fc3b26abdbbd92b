"""The model card: what a model is, how it was made, what it was measured to do."""

from pathlib import Path
from typing import Any

from mammo_core.model_store import StoredModel
from mammo_core.paths import read_json, write_text

INTENDED_USE = (
    "Research and teaching. It is not a medical device and must not be used for diagnosis."
)
SYNTHETIC = (
    " It was trained on synthetic images only: expect it to fail on real mammograms, and take its "
    "figures as a demonstration of the workbench."
)


def write_card(model: StoredModel) -> None:
    """Write card.md into the model's folder."""
    write_text(model.path / "card.md", render_card(model))


def render_card(model: StoredModel) -> str:
    """The card as Markdown."""
    card, training = model.card, model.card["training"]
    sections = {
        "What it is": _what_it_is(model),
        "Intended use": INTENDED_USE + (SYNTHETIC if card["dataset"].get("synthetic") else ""),
        "Data": _data(card["dataset"]),
        "How it was made": _table(training.get("configuration", {})),
        "Preprocessing": _table(card["preprocessing"]),
        "On validation images": _table(training.get("val", {})),
        "Measured": _measured(model),
        "Made with": _table(card["versions"]),
    }
    body = "\n\n".join(f"## {title}\n\n{text}" for title, text in sections.items())
    return f"# {model.id}\n\n{body}\n"


def _what_it_is(model: StoredModel) -> str:
    rows, columns, channels = model.input_shape
    training = model.card["training"]
    lines = {
        "architecture": model.card["architecture"],
        "classes": ", ".join(model.classes),
        "input": f"{rows} x {columns} x {channels}",
        "parameters": training.get("parameters", "unknown"),
        "threshold": f"{model.threshold:.3f} for {model.classes[-1]}, Youden's on validation",
        "epochs of patches": training.get("patch_epochs", "unknown"),
        "epochs of whole images": training.get("epochs", "unknown"),
        "best epoch, patches counted": training.get("best_epoch", "unknown"),
        "seconds": training.get("seconds", "unknown"),
        "seed": model.card["seed"],
        "SHA-256": model.sha256,
    }
    return _table(lines)


def _data(dataset: dict[str, Any]) -> str:
    lines: dict[str, Any] = {"name": dataset["name"], "fingerprint": dataset["fingerprint"]}
    for split, counts in dataset.get("images", {}).items():
        lines[f"{split} images"] = ", ".join(f"{name} {count}" for name, count in counts.items())
    return _table(lines)


def _measured(model: StoredModel) -> str:
    """What `evaluate` found, one row a dataset, split and level; intervals are over patients."""
    rows = [
        _measured_row(path) for path in sorted((model.path / "evaluations").glob("*.mean.json"))
    ]
    if not rows:
        return "Not yet: `python -m mammo_core evaluate MODEL DATASET` adds its numbers here."
    head = "| data | split, level | n, patients | AUROC | balanced accuracy | Brier |"
    rows = [head, "| --- | --- | --- | --- | --- | --- |", *rows]
    return "95 % intervals, the patient as unit.\n\n" + "\n".join(rows)


def _measured_row(path: Path) -> str:
    answer = read_json(path)["answer"]
    positive = answer["positive"]
    cells = (
        path.name.split(".")[0],
        f"{answer['split']}, {answer['level']}",
        f"{answer['n']}, {answer['patients']}",
        f"{positive}: {_estimate(answer['per_class'][positive]['auroc'])}",
        _estimate(answer["balanced_accuracy"]),
        _estimate(answer["calibration"]["brier"]),
    )
    return "| " + " | ".join(_text(cell) for cell in cells) + " |"


def _estimate(estimate: dict[str, float | None]) -> str:
    if estimate["value"] is None:
        return "undefined"
    if estimate["low"] is None or estimate["high"] is None:
        return f"{estimate['value']:.2f}"
    return f"{estimate['value']:.2f} [{estimate['low']:.2f} to {estimate['high']:.2f}]"


def _table(values: dict[str, Any]) -> str:
    rows = [f"| {key} | {_text(value)} |" for key, value in values.items()]
    return "\n".join(["| | |", "| --- | --- |", *rows])


def _text(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.4g}"
    text = " x ".join(map(str, value)) if isinstance(value, list) else str(value)
    return text.replace("|", "\\|")
