"""Whether what a model says can be right at all: class order, input values, certainty."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mammo_core.card_sections import Section
from mammo_core.errors import MammoError
from mammo_core.paths import read_json, write_json
from mammo_core.types import Classifier, Progress, no_progress
from mammo_core.wording import count

if TYPE_CHECKING:
    from mammo_core.datasets import Dataset
    from mammo_core.model_store import StoredModel
    from mammo_core.predictions import PredictionTable

CONSTANT = 1e-3
"""Probabilities that differ by less over all images are the same for each."""
CERTAIN = 0.999
OFTEN = 0.9
CONFIDENT = 0.9
N_NOISE = 8


@dataclass(frozen=True, kw_only=True)
class Plausibility:
    """What a model's answers about labeled images tell about how it was taken in.

    Attributes:
        dataset: The images' dataset.
        split: Theirs; "all" for the whole dataset.
        n, patients: How many.
        positive: The last class.
        auroc: Of the positive class, {value, low, high}, the interval clustered by patient.
        is_swapped: Whether that interval lies wholly below 0.5.
        is_constant: Whether every image gets the same answer.
        certain: Share of the images with a probability above 0.999.
        noise: The largest probability that an image of random noise got on average, None where
            that was not tried.
        sentences: The same for a person, the gravest first.
    """

    dataset: str
    split: str
    n: int
    patients: int
    positive: str
    auroc: Mapping[str, float | None]
    is_swapped: bool
    is_constant: bool
    certain: float
    noise: float | None
    sentences: tuple[str, ...]


def check_plausibility(
    model: "StoredModel", dataset: "Dataset", *, progress: Progress = no_progress
) -> Plausibility:
    """Let a model predict a dataset's images and random noise; keep the answer in its folder.

    Images of a validation or training split are taken where there are both kinds, so that no test
    set is looked at without need; else all.

    Raises:
        BadModel: Where the dataset has a label that the model does not know.
        BadDataset: Where it has no images.
    """
    from mammo_core.prediction import predict_dataset
    from mammo_core.predictions import read_predictions

    split = _choose_split(dataset, model.classes[-1])
    path = predict_dataset(model, dataset, split=split, progress=progress)
    from mammo_core.keras_classifier import load_classifier

    noise = measure_noise(load_classifier(model))
    answer = judge_predictions(read_predictions(path), dataset.name, split or "all", noise=noise)
    write_json(_file(model.path), asdict(answer))
    return answer


def judge_predictions(
    table: "PredictionTable", dataset: str, split: str = "all", *, noise: float | None = None
) -> Plausibility:
    """What a prediction table tells; rows without a label count for nothing but constancy.

    Args:
        table: A row an image.
        dataset: Its name, for the reader.
        split: The rows' split, for the reader.
        noise: Of `measure_noise`.
    """
    import numpy as np

    p, auroc = table.probabilities, _measure_auroc(table)
    facts: dict[str, Any] = {
        "dataset": dataset,
        "split": split,
        "n": len(table),
        "patients": table.n_patients,
        "positive": table.classes[-1],
        "auroc": auroc,
        "is_swapped": auroc["high"] is not None and auroc["high"] < 0.5,
        "is_constant": bool(np.ptp(p, axis=0).max() < CONSTANT) if len(table) else False,
        "certain": float((p.max(axis=1) > CERTAIN).mean()) if len(table) else 0.0,
        "noise": noise,
    }
    sentences = tuple(_tell(facts, table.classes, p))
    return Plausibility(**facts, sentences=sentences)


def measure_noise(classifier: Classifier) -> float:
    """How sure a model is of images of random noise: the mean of their largest probability."""
    import numpy as np

    noise = np.random.default_rng(0).random((N_NOISE, *classifier.input_shape), dtype=np.float32)
    return float(classifier.predict(noise).max(axis=1).mean())


def read_plausibility(model: "StoredModel") -> Mapping[str, Any] | None:
    """What `check_plausibility` kept; None where it was not asked or the file is damaged."""
    try:
        content = read_json(_file(model.path))
    except MammoError:
        return None
    return content if isinstance(content, dict) and "sentences" in content else None


def describe_plausibility(model: "StoredModel") -> list[Section]:
    """The card's section; none where nothing was checked."""
    kept = read_plausibility(model)
    if kept is None:
        return []
    text = f"On {count(kept['n'], 'image')} of {kept['dataset']} ({kept['split']}):"
    return [Section("Plausibility", text, items=tuple(map(str, kept["sentences"])))]


def _measure_auroc(table: "PredictionTable") -> Mapping[str, float | None]:
    """Of the last class, over the rows with a label."""
    from mammo_core.metrics.auroc import estimate_auroc
    from mammo_core.metrics.estimate import UNDEFINED

    known = table.labels >= 0
    if not known.any():
        return UNDEFINED.to_json()
    is_positive = table.labels[known] == len(table.classes) - 1
    scores = table.probabilities[known, -1]
    return estimate_auroc(scores, is_positive, table.patients[known]).to_json()


def _tell(facts: Mapping[str, Any], classes: tuple[str, ...], p: Any) -> Iterator[str]:
    if facts["is_constant"]:
        yield (
            f"It says the same for every one of {facts['n']} images: check the input range and the "
            "preprocessing"
        )
    else:
        yield _tell_order(facts, classes)
        called = {classes[k] for k in p.argmax(axis=1)}
        if len(called) == 1:
            yield (
                f"It calls every one of {facts['n']} images {called.pop()}, though with "
                "probabilities that differ"
            )
    if facts["certain"] > OFTEN:
        yield (
            f"It is certain (above {CERTAIN}) of {facts['certain']:.0%} of the images: its input "
            "may be on another scale than it learned from"
        )
    if facts["noise"] is not None and facts["noise"] > CONFIDENT:
        yield (
            f"It is sure of random noise (probability {facts['noise']:.2f}), as networks are; the "
            "gate keeps such images from it"
        )


def _tell_order(facts: Mapping[str, Any], classes: tuple[str, ...]) -> str:
    """What the AUROC says about the order of the classes."""
    value, low, high = (facts["auroc"][key] for key in ("value", "low", "high"))
    images, patients = count(facts["n"], "image"), count(facts["patients"], "patient")
    of = f"of {facts['positive']} on {images} of {patients}"
    if value is None:
        return f"No AUROC {of}: the order of the classes cannot be checked on them"
    if low is None or high is None:
        return (
            f"AUROC {of}: {value:.2f}, without an interval, as too few patients are of one class: "
            "the order of the classes cannot be checked on them"
        )
    told = f"AUROC {of}: {value:.2f} [{low:.2f} to {high:.2f}]"
    if high < 0.5:
        other = f", such as --classes {','.join(reversed(classes))}" if len(classes) == 2 else ""
        return (
            f"{told}, wholly below 0.5: the classes seem swapped; import it in another order{other}"
        )
    if low > 0.5:
        return f"{told}, above 0.5: the order of the classes is plausible"
    return f"{told}: not to be told from chance, so that the order of the classes stays unchecked"


def _choose_split(dataset: "Dataset", positive: str) -> str | None:
    """A split other than test that has the last class and another one; None for all images."""
    index: Any = dataset.index
    for split in ("val", "train"):
        labels = set(index.loc[index["split"] == split, "label"].dropna())
        if positive in labels and len(labels) > 1:
            return split
    return None


def _file(folder: Path) -> Path:
    return folder / "plausibility.json"
