"""How many validation images a training is judged on, as its folder or its dataset tells."""

from pathlib import Path

from mammo_core.errors import MammoError
from mammo_core.paths import read_json
from mammo_ui import library, training_data


def count_validation(folder: Path) -> dict[str, int | None]:
    """{n_positives, n_negatives} of a model folder: images of the last class and of the others.

    None where the training's data are not known here.
    """
    counts = _count_in_card(folder) or _count_in_dataset(folder)
    if not counts:
        return {"n_positives": None, "n_negatives": None}
    *others, last = counts.values()
    return {"n_positives": last, "n_negatives": sum(others)}


def _count_in_card(folder: Path) -> dict[str, int]:
    try:
        card = read_json(folder / "model.json")
        counts = card["dataset"]["images"]["val"]
        return {name: int(counts[name]) for name in card["classes"]}
    except (MammoError, KeyError):
        return {}


def _count_in_dataset(folder: Path) -> dict[str, int]:
    """Of the dataset that training.json names, if it is still the same."""
    try:
        plan = read_json(folder / "training.json")
        trained_on = plan["dataset"]
        if "roles" in plan:
            return {}
        if library.read_card(trained_on["name"]).version != trained_on["fingerprint"]:
            return {}
        return training_data.facts_of(trained_on["name"]).val
    except (MammoError, KeyError):
        return {}
