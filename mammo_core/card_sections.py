"""What each part of a model card says."""

import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mammo_core.errors import MammoError
from mammo_core.model_store import StoredModel
from mammo_core.paths import read_json
from mammo_core.run_differences import plays_part
from mammo_core.run_results import IMPORTED, read_validation
from mammo_core.test_looks import count_looks
from mammo_core.two_views import describe_input
from mammo_core.wording import count

INTENDED_USE = (
    "Research and teaching. It is not a medical device and must not be used for diagnosis."
)
SYNTHETIC = (
    " It was trained on synthetic images only: expect it to fail on real mammograms, and take its "
    "figures as a demonstration of the workbench."
)
NOT_MEASURED = "Not yet; an evaluation adds its numbers here."
NOTED = (
    *("patch_epochs", "head_epochs", "upper_epochs", "epochs", "best_epoch", "seconds"),
    *("created", "adopted_from", "file", "format", "head", "input_range"),
)
"""What is told of a training, then of an import, where the card has it."""
NOT_KNOWN_DATA = "It was trained elsewhere; on which images is not known here."


@dataclass(frozen=True)
class Section:
    """A part of the card; what is empty is left out.

    Attributes:
        title: Its heading.
        text: Sentences.
        words: What a person wrote, told as it is, whatever it holds.
        items: Sentences that stand for themselves.
        facts: Values by name.
        rows: A table, all rows with the same columns.
        command: Words for a terminal.
    """

    title: str
    text: str = ""
    words: str = ""
    items: tuple[str, ...] = ()
    facts: Mapping[str, Any] = field(default_factory=dict)
    rows: tuple[dict[str, str], ...] = ()
    command: str = ""


def describe_network(model: StoredModel) -> Section:
    """Architecture, classes, input, threshold."""
    training = model.card["training"]
    facts = {
        "architecture": model.card["architecture"],
        "classes": ", ".join(model.classes),
        "input": describe_input(model),
        "parameters": training.get("parameters", "unknown"),
        "threshold": _describe_threshold(model),
        "SHA-256": model.sha256,
    }
    return Section("What it is", facts=facts)


def _describe_threshold(model: StoredModel) -> str:
    source = ", Youden's on validation" if model.card["training"].get("val") else ""
    return f"{model.threshold:.3f} for {model.classes[-1]}{source}"


def describe_note(model: StoredModel) -> list[Section]:
    """What whoever trained it wants to be known of it, if anything."""
    return [Section("Note", words=model.note)] if model.note else []


def describe_use(model: StoredModel) -> Section:
    """What it may be used for."""
    is_synthetic = model.card["dataset"].get("synthetic")
    return Section("Intended use", INTENDED_USE + (SYNTHETIC if is_synthetic else ""))


def describe_data(model: StoredModel) -> Section:
    """What it learned from."""
    dataset = model.card["dataset"]
    if not model.trained_on:
        return Section("Data", NOT_KNOWN_DATA)
    facts = {key: dataset[key] for key in ("name", "fingerprint", "decisions") if dataset.get(key)}
    for split, counts in dataset.get("images", {}).items():
        facts[f"{split} images"] = ", ".join(f"{name} {n}" for name, n in counts.items())
    return Section("Data", facts=facts)


def describe_validation(model: StoredModel) -> Section:
    """What was measured on the images by which the best epoch was chosen."""
    val = model.card["training"].get("val", {})
    measured = read_validation(model)
    if not val:
        return Section("On validation images", f"{IMPORTED.capitalize()}.")
    interval = describe_estimate(measured.estimate)
    counted = [count(measured.n, "image")] if measured.n else []
    counted += [count(measured.patients, "patient")] if measured.patients else []
    text = f"AUROC of {model.classes[-1]}: {interval} ({', '.join(counted) or 'not counted'})"
    why = f"; {measured.reason}" if measured.reason else ""
    flattering = " The best epoch and the threshold were chosen on these images, which flatters."
    return Section("On validation images", f"{text}{why}.{flattering}", facts=val)


def describe_tests(model: StoredModel) -> Section:
    """What `evaluate` found, one row a dataset, split and level; intervals are over patients."""
    paths = sorted((model.path / "evaluations").glob("*.mean.json"))
    rows = tuple(row for path in paths for row in _read_row(path))
    text = "95 % intervals, the patient as unit." if rows else NOT_MEASURED
    words = ["evaluate", model.id, model.trained_on or "DATASET"]
    command = "" if rows else f"python -m mammo_core {shlex.join(words)}"
    return Section("Measured", f"{text} {_tell_looks(model)}".strip(), rows=rows, command=command)


def _tell_looks(model: StoredModel) -> str:
    """How often the test images of the model's own dataset were looked at; empty where unknown."""
    if model.trained_on is None:
        return ""
    all_looks, own = count_looks(model.trained_on), count_looks(model.trained_on, model.id)
    if not all_looks.n:
        return f"No look at the test images of {model.trained_on} was counted."
    return (
        f"The test images of {model.trained_on} were looked at {count(all_looks.n, 'time')}, "
        f"{own.n} of them with this model; whoever chooses by them makes its figures flatter."
    )


def _read_row(path: Path) -> Iterator[dict[str, str]]:
    """The row of a kept evaluation; none where it is damaged."""
    try:
        answer = read_json(path)["answer"]
        positive = answer["positive"]
        yield {
            "data": path.name.rsplit(".", 5)[0],
            "split, level": f"{answer['split']}, {answer['level']}",
            "n, patients": f"{answer['n']}, {answer['patients']}",
            "AUROC": f"{positive}: {describe_estimate(answer['per_class'][positive]['auroc'])}",
            "balanced accuracy": describe_estimate(answer["balanced_accuracy"]),
            "Brier": describe_estimate(answer["calibration"]["brier"]),
        }
    except (MammoError, KeyError, TypeError):
        return


def describe_making(model: StoredModel) -> Section:
    """The settings of the training and the command that repeats it."""
    training = model.card["training"]
    configuration = training.get("configuration", {})
    facts = {
        f"{key} (done)" if key in configuration else key: _write_noted(key, training)
        for key in NOTED
        if training.get(key) is not None and plays_part(key, configuration)
    }
    if not configuration:
        return Section("How it was made", "It was trained elsewhere and imported.", facts=facts)
    facts |= {key: v for key, v in configuration.items() if plays_part(key, configuration)}
    return Section("How it was made", facts=facts, command=_write_command(model, configuration))


def describe_preprocessing(model: StoredModel) -> list[Section]:
    """How its images were prepared; nothing where no image is known."""
    facts = model.card["preprocessing"]
    return [Section("Preprocessing", facts=facts)] if facts else []


def _write_noted(key: str, training: Mapping[str, Any]) -> Any:
    """What was noted; the best epoch with what it counts, as it may exceed the epochs."""
    if key == "best_epoch" and training.get("patch_epochs"):
        return f"{training[key]}, those on patches counted"
    return training[key]


def _write_command(model: StoredModel, configuration: Mapping[str, Any]) -> str:
    """The verb `train` with all settings that are no defaults."""
    from mammo_core.training.configuration import TrainingConfiguration, list_settings

    usual = list_settings(TrainingConfiguration())
    settings = {key: value for key, value in configuration.items() if value != usual.get(key)}
    if model.note:
        settings["note"] = model.note
    words = ["train", model.card["dataset"]["name"], "--out", f"models/{model.id}"]
    for key, value in settings.items():
        text = "x".join(map(str, value)) if isinstance(value, list) else str(value)
        words += ["--set", f"{key}={text}"]
    return f"python -m mammo_core {shlex.join(map(str, words))}"


def describe_estimate(estimate: Mapping[str, float | None]) -> str:
    """The text 0.91 [0.86 to 0.95]; "undefined" where it is."""
    if estimate["value"] is None:
        return "undefined"
    if estimate["low"] is None or estimate["high"] is None:
        return f"{estimate['value']:.2f}"
    return f"{estimate['value']:.2f} [{estimate['low']:.2f} to {estimate['high']:.2f}]"
