"""experiment.json: what an experiment is, how its parts stand and what came of it.

It is written whole after every epoch, so that a page can read it while the experiment runs.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from mammo_core.errors import BadConfiguration, BadModel, MammoError
from mammo_core.paths import read_json, state_folder, write_json

FILE, TABLE = "experiment.json", "predictions.parquet"
Kind = Literal["cross_validation", "learning_curve"]


@dataclass(frozen=True)
class Experiment:
    """An experiment's folder and what it says of itself.

    Attributes:
        folder: Holds experiment.json, parts/ and, of a cross-validation, predictions.parquet.
        content: Of experiment.json: kind, name, dataset, positive, settings, notes, parts, result.
    """

    folder: Path
    content: dict[str, Any] = field(default_factory=dict)

    @property
    def kind(self) -> Kind:
        """Which of the two protocols it follows."""
        kind: Kind = self.content["kind"]
        return kind

    @property
    def parts(self) -> Sequence[dict[str, Any]]:
        """A mapping a part: name, title, state and what was measured so far."""
        parts: Sequence[dict[str, Any]] = self.content["parts"]
        return parts

    @property
    def notes(self) -> Sequence[str]:
        """What a reader must know of it, a sentence each."""
        notes: Sequence[str] = self.content["notes"]
        return notes

    @property
    def result(self) -> dict[str, Any] | None:
        """What came of it, None before its last part is done."""
        result: dict[str, Any] | None = self.content["result"]
        return result

    def part_folder(self, name: str) -> Path:
        """The model folder of a part."""
        return self.folder / "parts" / name

    def find(self, name: str) -> dict[str, Any]:
        """The part of that name."""
        return next(part for part in self.parts if part["name"] == name)

    def save(self) -> None:
        """Write experiment.json whole."""
        write_json(self.folder / FILE, self.content)

    def note(self, name: str, **facts: Any) -> None:
        """Add facts to a part and write it down."""
        self.find(name).update(facts)
        self.save()


def experiments_folder() -> Path:
    """Where experiments lie unless they are put elsewhere."""
    return state_folder() / "experiments"


def list_experiments() -> list[Experiment]:
    """The experiments of this home, the one that was last written first."""
    files = list(experiments_folder().glob(f"*/{FILE}"))
    found = []
    for file in sorted(files, key=lambda file: file.stat().st_mtime_ns, reverse=True):
        try:
            found.append(read_experiment(file.parent))
        except MammoError:
            continue  # a damaged one is told of when it is asked for by name
    return found


def read_experiment(folder: Path) -> Experiment:
    """The experiment in a folder.

    Raises:
        MammoError: Where experiment.json is missing or damaged.
    """
    content = read_json(folder / FILE)
    needed = {"kind", "name", "dataset", "positive", "settings", "notes", "parts", "result"}
    missing = needed - set(content) if isinstance(content, dict) else needed
    if missing:
        raise MammoError(f"{folder / FILE} lacks {', '.join(sorted(missing))}; run it again")
    return Experiment(folder, content)


def open_experiment(folder: Path, content: dict[str, Any]) -> Experiment:
    """The experiment that was begun in the folder, or a fresh one.

    Args:
        folder: Of the experiment.
        content: Of a fresh experiment.json; kind, dataset and settings say which one it is.

    Raises:
        BadConfiguration: For an experiment with other settings or data.
        BadModel: For a folder with other content.
    """
    if (folder / FILE).exists():
        begun = read_experiment(folder)
        if any(begun.content[key] != content[key] for key in ("kind", "dataset", "settings")):
            raise BadConfiguration(
                f"{folder} holds an experiment with other settings or data; choose another --out "
                "or delete it"
            )
        return begun
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise BadModel(f"{folder} exists and holds no experiment of ours; choose another --out")
    fresh = Experiment(folder, content)
    fresh.save()
    return fresh
