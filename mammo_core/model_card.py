"""The model card: what a model is, how it was made, what it was measured to do."""

from typing import Any

from mammo_core.model_store import StoredModel
from mammo_core.paths import write_text


def write_card(model: StoredModel) -> None:
    """Write card.md into the model's folder."""
    write_text(model.path / "card.md", render_card(model))


def render_card(model: StoredModel) -> str:
    """The card as Markdown."""
    card, training = model.card, model.card["training"]
    sections = {
        "What it is": _what_it_is(model),
        "Intended use": (
            "Research and teaching. It is not a medical device and must not be used for diagnosis."
        ),
        "Data": _data(card["dataset"]),
        "How it was made": _table(training.get("configuration", {})),
        "Preprocessing": _table(card["preprocessing"]),
        "On validation images": _table(training.get("val", {})),
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
        "epochs (best)": f"{training.get('epochs')} ({training.get('best_epoch')})",
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


def _table(values: dict[str, Any]) -> str:
    rows = [f"| {key} | {_text(value)} |" for key, value in values.items()]
    return "\n".join(["| | |", "| --- | --- |", *rows])


def _text(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.4g}"
    text = " x ".join(map(str, value)) if isinstance(value, list) else str(value)
    return text.replace("|", "\\|")
