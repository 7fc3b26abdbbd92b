"""What a model cannot, as far as its card and its evaluations tell."""

from collections.abc import Iterator, Mapping

from mammo_core.model_store import StoredModel
from mammo_core.run_results import Measured, read_tests
from mammo_core.two_views import BOTH
from mammo_core.wording import count

FEW_POSITIVES = 100
"""Images of the last class under which a training has seen little of its variety."""
FINE_ROWS = 640
"""Rows from which microcalcifications of our synthetic exams were found again (.95; .53 at 160)."""
WIDE = 0.2
"""An interval of an AUROC that leaves open whether a model is good."""


def list_limits(model: StoredModel) -> list[str]:
    """A sentence a limit; at least one, as no model knows more than its classes."""
    tests = read_tests(model)
    return [
        *_on_classes(model),
        *_on_data(model),
        *_on_input(model),
        *_on_views(model),
        *_on_tests(model, tests),
    ]


def _on_classes(model: StoredModel) -> Iterator[str]:
    yield (
        f"It knows {', '.join(model.classes)} and nothing else: whatever it is shown, it answers "
        "with one of them. Only the gate before it refuses what is no mammogram."
    )


def _on_data(model: StoredModel) -> Iterator[str]:
    dataset, worst = model.card["dataset"], model.classes[-1]
    if dataset.get("synthetic"):
        yield "It has seen synthetic images only: what it says of a real mammogram means nothing."
    if not model.trained_on:
        yield (
            "What it learned from is not known here: images of a test set may be among them, which "
            "would flatter."
        )
    counts: Mapping[str, int] = dataset.get("images", {}).get("train", {})
    n = counts.get(worst)
    if n is not None and n < FEW_POSITIVES:
        yield f"It learned {worst} from {count(n, 'image')}, too few for what there is of it."
    if n:
        share = n / sum(counts.values())
        yield (
            f"Its probabilities follow data of which {share:.0%} are {worst}; where that share is "
            "another, as in screening, they are off."
        )


def _on_input(model: StoredModel) -> Iterator[str]:
    if model.is_table:
        yield "It is a table without a network: nothing can be asked of it, nor explained."
        return
    rows = model.input_shape[0]
    if rows < FINE_ROWS:
        yield (
            f"Its input has {rows} rows: fine calcifications are lost at that size ({FINE_ROWS} "
            "rows kept them in synthetic exams)."
        )


def _on_views(model: StoredModel) -> Iterator[str]:
    if model.views:
        yield (
            f"It judges a breast by {BOTH} together, and both images get that one answer. Of one "
            "view alone it judges with the other one's place black, as it was not measured."
        )


def _on_tests(model: StoredModel, tests: tuple[Measured, ...]) -> Iterator[str]:
    trained_on = model.trained_on
    if not tests:
        yield "It was never evaluated on test images: how well it does is not known."
    elif trained_on and all(test.dataset == trained_on for test in tests):
        yield (
            f"It was evaluated on {trained_on} alone: how it does on images of other clinics and "
            "scanners is not known."
        )
    for test in tests[:1]:
        yield from _on_certainty(test)


def _on_certainty(test: Measured) -> Iterator[str]:
    low, high = test.estimate["low"], test.estimate["high"]
    on = f"On {test.dataset} ({count(test.patients or 0, 'patient')})"
    if low is None or high is None:
        yield f"{on} its AUROC has no interval: how well it does is all but unknown."
    elif high - low > WIDE:
        yield f"{on} its AUROC may lie anywhere from {low:.2f} to {high:.2f}: too few cases."
