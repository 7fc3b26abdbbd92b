"""What a sweep is; the same one in the same folder goes on where it stopped."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mammo_core.config import read_settings
from mammo_core.errors import BadConfiguration, BadDataset
from mammo_core.paths import read_json, write_json
from mammo_core.training.configuration import TrainingConfiguration, list_settings
from mammo_core.tuning.ranges import Range, Value

if TYPE_CHECKING:
    from mammo_core.datasets import Dataset


@dataclass(frozen=True, kw_only=True)
class Sweep:
    """A sweep as every worker of it knows it.

    Attributes:
        folder: Holds study.json and trials/.
        dataset: The dataset's folder or name.
        data: Its name and version, which must stay the same.
        fixed: The settings that all trials share, as --set takes them.
        ranges: What varies.
        n_trials: How many trials there shall be in total.
        seed: Decides what is drawn; with one worker the same seed gives the same trials.
        storage: Any SQLAlchemy URL; None is a SQLite file in the folder.
        ends_at: No trial begins after this time (seconds since 1970); None never.
    """

    folder: Path
    dataset: str
    data: Mapping[str, str]
    fixed: Mapping[str, Any]
    ranges: Mapping[str, Range]
    n_trials: int
    seed: int = 0
    storage: str | None = None
    ends_at: float | None = None

    @property
    def name(self) -> str:
        """By which all machines of a storage know the sweep."""
        return self.folder.name

    @property
    def url(self) -> str:
        """Of the storage."""
        return self.storage or f"sqlite:///{(self.folder / 'trials.db').resolve().as_posix()}"

    @property
    def epochs(self) -> int:
        """How many epochs of whole images a trial has."""
        return read_settings(TrainingConfiguration, self.fixed).epochs

    def configure(self, settings: Mapping[str, Value]) -> TrainingConfiguration:
        """The configuration of a trial with these settings."""
        return read_settings(TrainingConfiguration, {**self.fixed, **settings})

    def trial_folder(self, number: int) -> Path:
        """Where a trial trains."""
        return self.folder / "trials" / str(number)

    def to_mapping(self) -> dict[str, Any]:
        """What must be the same for a sweep to go on."""
        return {
            "dataset": dict(self.data),
            "configuration": list_settings(read_settings(TrainingConfiguration, self.fixed)),
            "ranges": {key: value.to_mapping() for key, value in self.ranges.items()},
            "seed": self.seed,
        }


def claim_folder(sweep: Sweep) -> None:
    """Make the sweep's folder, or find in it the very same sweep.

    Raises:
        BadConfiguration: For a folder with another sweep or other content.
        MammoError: Where it cannot be written.
    """
    file = sweep.folder / "sweep.json"
    if file.exists():
        if read_json(file) != sweep.to_mapping():
            raise BadConfiguration(
                f"{sweep.folder} holds a sweep with other settings, ranges or data; choose "
                "another --out"
            )
    elif sweep.folder.exists() and (not sweep.folder.is_dir() or any(sweep.folder.iterdir())):
        raise BadConfiguration(f"{sweep.folder} exists and holds no sweep; choose another --out")
    else:
        write_json(file, sweep.to_mapping())


def check_validation(dataset: "Dataset") -> None:
    """Refuse a dataset whose validation images cannot tell a good trial from a bad one.

    Raises:
        BadDataset: Where they lack the last class, or all others.
    """
    labels = dataset.index.loc[dataset.index["split"] == "val", "label"]
    positive = dataset.classes[-1]
    n_positive = int((labels == positive).sum())
    n_other = int(labels.isin(dataset.classes[:-1]).sum())
    if not n_positive or not n_other:
        raise BadDataset(
            f"A sweep compares trials by the validation AUROC of '{positive}', and needs "
            f"validation images with and without it; got {n_positive} and {n_other}. Index the "
            "dataset with larger validation shares (--shares 60,20,20)"
        )
