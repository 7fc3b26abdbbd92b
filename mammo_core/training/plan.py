"""What a training is made of; the same plan in the same folder goes on where it stopped."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mammo_core.config import fingerprint, to_mapping
from mammo_core.errors import BadConfiguration, BadModel
from mammo_core.paths import read_json, write_json
from mammo_core.preprocess import Preprocess
from mammo_core.training.configuration import TrainingConfiguration, list_settings

if TYPE_CHECKING:
    from mammo_core.datasets import Dataset


@dataclass(frozen=True, eq=False)
class Plan:
    """A dataset, the settings of the training and the way to the model's input.

    Attributes:
        dataset, config, preprocess: What learns from what.
        roles: "train", "val" or "test" by image id in place of the index's splits; images that it
            does not name take no part. None leaves the index's splits.
    """

    dataset: "Dataset"
    config: TrainingConfiguration
    preprocess: Preprocess
    roles: Mapping[str, str] | None = None

    @property
    def input_shape(self) -> tuple[int, int, int]:
        """(H, W, C) of the model's input."""
        return self.config.input_shape

    def to_mapping(self) -> dict[str, Any]:
        """What must be the same for a training to go on."""
        dealt = {} if self.roles is None else {"roles": fingerprint(dict(self.roles))}
        return {
            "configuration": list_settings(self.config),
            "preprocessing": to_mapping(self.preprocess),
            "dataset": {"name": self.dataset.name, "fingerprint": self.dataset.version},
            **dealt,
        }


def plan_training(dataset: "Dataset", config: TrainingConfiguration) -> Plan:
    """The plan of a training with the preprocessing that its settings ask for."""
    preprocess = Preprocess(size=config.image_size, crop=config.crop, background=config.background)
    return Plan(dataset, config, preprocess)


def check_folder(out: Path, plan: Plan) -> None:
    """Refuse a folder that holds anything but this plan's own training.

    Raises:
        BadConfiguration: For a training with other settings or data.
        BadModel: For a folder with other content.
    """
    if (out / "training.json").exists():
        if read_json(out / "training.json") != plan.to_mapping():
            raise BadConfiguration(
                f"{out} holds a training with other settings or data; choose another --out"
            )
    elif out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise BadModel(f"{out} exists and holds no training of ours; choose another --out")


def write_plan(out: Path, plan: Plan) -> None:
    """Write training.json, by which a folder is known as this plan's, and the roles it names."""
    write_json(out / "training.json", plan.to_mapping())
    if plan.roles is not None:
        write_json(out / "roles.json", dict(plan.roles))
