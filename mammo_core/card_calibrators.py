"""What a model's card says of its fitted calibrators."""

from typing import TYPE_CHECKING

from mammo_core.card_sections import Section, describe_estimate
from mammo_core.errors import MammoError

if TYPE_CHECKING:
    from mammo_core.calibrators.stored import StoredFit
    from mammo_core.model_store import StoredModel

MEANING = (
    "Fitted on validation images and kept beside the model, which itself is unchanged: evaluate "
    "--calibrated METHOD judges them. Figures are of those images, the later ones cross-fitted: "
    "each row by a fit without its patient."
)
DAMAGED = "The file calibration.json beside the model is damaged; delete it and calibrate again."


def describe_calibrators(model: "StoredModel") -> list[Section]:
    """What was fitted on which images and what it changed; nothing where nothing was fitted."""
    from mammo_core.calibrators.stored import read_fits

    try:
        rows = tuple(_describe_fit(fit) for fit in read_fits(model).values())
    except (MammoError, KeyError, TypeError):
        return [Section("Calibrators", DAMAGED)]
    return [Section("Calibrators", MEANING, rows=rows)] if rows else []


def _describe_fit(fit: "StoredFit") -> dict[str, str]:
    facts = fit.facts
    before, after = (describe_estimate(facts[when]["ece"]) for when in ("before", "after"))
    return {
        "method": fit.method,
        "fitted on": f"{fit.dataset}, {fit.split}",
        "n, patients": f"{facts['n']}, {facts['patients']}",
        "calibration error before": before,
        "after": after,
        "threshold": f"{fit.threshold:.3f} for {facts['positive']}",
    }
