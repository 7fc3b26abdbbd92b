"""A run: what a folder of models/ holds, a model or a training that has not ended."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from mammo_core.model_store import TABLE
from mammo_core.run_results import NOTHING, Measured

RunState = Literal["finished", "imported", "running", "waiting", "stopped", "damaged"]
STATES: Mapping[RunState, str] = {
    "finished": "a whole model, trained here",
    "imported": "a whole model, trained elsewhere",
    "running": "a training that is under way",
    "waiting": "a training that waits for its turn",
    "stopped": "an unfinished training; the same settings and name go on from its last epoch",
    "damaged": "a folder whose parts are missing or cannot be read",
}
GROUPS = ("model", "data", "training", "preprocessing", "made with")


@dataclass(frozen=True, eq=False)
class Run:
    """A folder of models/.

    Attributes:
        path: The folder.
        state: One of `STATES`.
        facts: What it was made of, by group (all of `GROUPS`) and key; a group is empty where
            nothing is known of it.
        validation: AUROC on validation images.
        tests: Kept AUROCs on test images, those of the own dataset first.
        val: All that was measured on validation images: loss, auroc, macro_f1, recalls.
        epochs: Finished ones, of all stages.
        seconds: How long they took; None where that is not known.
        date: When it was made or last went on, as 2026-11-22.
        fault: What is wrong with a damaged one.
    """

    path: Path
    state: RunState
    facts: Mapping[str, Mapping[str, Any]]
    validation: Measured = NOTHING
    tests: tuple[Measured, ...] = ()
    val: Mapping[str, float] = field(default_factory=dict)
    epochs: int = 0
    seconds: float | None = None
    date: str = ""
    fault: str = ""

    @property
    def name(self) -> str:
        """The folder's name."""
        return self.path.name

    @property
    def is_whole(self) -> bool:
        """Whether it is a model that can predict."""
        return self.state in ("finished", "imported")

    @property
    def is_table(self) -> bool:
        """Whether it is only a table of predictions from elsewhere."""
        return self.facts["model"].get("architecture") == TABLE

    @property
    def dataset(self) -> str | None:
        """The name of the dataset that it learned from, None where that is not known."""
        return self.facts["data"].get("name")

    def to_json(self) -> dict[str, Any]:
        """What the verb `models` prints of it."""
        model = self.facts["model"]
        return {
            "id": self.name,
            "state": self.state,
            "architecture": model.get("architecture"),
            "recipe": self.facts["training"].get("recipe"),
            "classes": list(model.get("classes", ())),
            "input_shape": list(model.get("input_shape", ())),
            "parameters": model.get("parameters"),
            "epochs": self.epochs,
            "minutes": None if self.seconds is None else round(self.seconds / 60, 2),
            "dataset": self.dataset,
            "validation": self.validation.to_json(),
            "tests": [test.to_json() for test in self.tests],
            "date": self.date,
            "path": str(self.path),
            **({"fault": self.fault} if self.fault else {}),
        }
