"""The folders of models: finding them and reading their cards, without loading a network."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mammo_core.config import read_settings
from mammo_core.errors import BadModel, MammoError
from mammo_core.paths import models_folder, read_json, state_folder, write_json

if TYPE_CHECKING:
    from mammo_core.preprocess import Preprocess

SHIPPED_MODEL = "demo"
UNKNOWN = "unknown"
"""What the card of an imported model has for the names of what nobody knows."""
TABLE = "prediction table"
"""What the card of a model has for its architecture that is only a table from elsewhere."""
TABLE_LAYOUT = "predictions"
"""The layout of a dataset that was made of such a table, without pictures."""
CARD_KEYS = (
    "architecture",
    "classes",
    "input_shape",
    "preprocessing",
    "threshold",
    "training",
    "dataset",
    "seed",
    "versions",
    "sha256",
)


@dataclass(frozen=True)
class StoredModel:
    """A model's folder and its card.

    Attributes:
        path: The folder.
        card: The content of model.json.
    """

    path: Path
    card: dict[str, Any]

    @property
    def id(self) -> str:
        """The folder's name."""
        return self.path.name

    @property
    def note(self) -> str:
        """What whoever trained it wants to be known of it, in one line; mostly empty."""
        return " ".join(str(self.card["training"].get("note", "")).split())

    @property
    def is_table(self) -> bool:
        """Whether it is only a table of predictions from elsewhere, without a network."""
        return bool(self.card["architecture"] == TABLE)

    def require_network(self) -> None:
        """See that there is a network to run.

        Raises:
            BadModel: Where the model is only a table.
        """
        if self.is_table:
            raise BadModel(
                f"{self.id} is a table of predictions without a network: it can be evaluated and "
                "compared, but not run on images; bring another table by adopt-table for others"
            )

    @property
    def file(self) -> Path:
        """The network, in Keras's own format; that there is one, `require_network` sees to."""
        self.require_network()
        return self.path / "model.keras"

    @property
    def classes(self) -> tuple[str, ...]:
        """Class names, mildest first."""
        return tuple(self.card["classes"])

    @property
    def input_shape(self) -> tuple[int, int, int]:
        """(H, W, C) of one image; raises `BadModel` for a mere table."""
        self.require_network()
        rows, columns, channels = self.card["input_shape"]
        return rows, columns, channels

    @property
    def trained_on(self) -> str | None:
        """The name of the dataset that it learned from, None where that is not known."""
        name = self.card["dataset"].get("name")
        return None if name == UNKNOWN else name

    @property
    def views(self) -> tuple[str, ...]:
        """The views that the input holds side by side; empty where it is a single image."""
        return tuple(self.card.get("views", ()))

    @property
    def threshold(self) -> float:
        """The probability of the last class from which the model's own operating point calls."""
        return float(self.card["threshold"])

    @property
    def sha256(self) -> str:
        """The digest of model.keras, of a mere table its file's, as the card holds it."""
        return str(self.card["sha256"])

    @property
    def preprocess(self) -> "Preprocess":
        """The preprocessing that the model was trained with; `BadModel` for a mere table."""
        self.require_network()
        from mammo_core.preprocess import Preprocess

        return read_settings(Preprocess, self.card["preprocessing"])


def find_model(name: str | Path) -> StoredModel:
    """The model of that folder, or of that id in models/.

    Raises:
        BadModel: Where there is none (names those there are), or a part of it is missing.
    """
    for folder in (Path(name), models_folder() / str(name)):
        if (folder / "model.json").is_file() or (folder / "model.keras").is_file():
            return read_model(folder.resolve())
    if Path(name).is_dir():
        raise BadModel(
            f"{name} holds neither model.json nor model.keras; a training that was stopped goes on "
            "with the same train command"
        )
    if (models_folder() / str(name) / "training.json").is_file():
        raise BadModel(f"The training '{name}' is unfinished; run its train command again")
    known = ", ".join(model.id for model in list_models()) or "none yet"
    raise BadModel(f"No model '{name}': expected a model folder or one of: {known}")


def read_model(folder: Path) -> StoredModel:
    """The model in a folder.

    Raises:
        BadModel: Where the card or the network is missing or the card is incomplete.
    """
    _require_part(folder, "model.json")
    try:
        card = json.loads((folder / "model.json").read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, json.JSONDecodeError) as error:
        raise BadModel(f"Cannot read {folder / 'model.json'}: {error}") from error
    missing = [key for key in CARD_KEYS if not isinstance(card, dict) or key not in card]
    if missing:
        raise BadModel(f"{folder / 'model.json'} lacks the keys: {', '.join(missing)}")
    model = StoredModel(folder, card)
    if not model.is_table:
        _require_part(folder, "model.keras")
    return model


def _require_part(folder: Path, part: str) -> None:
    if not (folder / part).is_file():
        raise BadModel(f"The model folder {folder} lacks {part}; train or import it again")


def list_models() -> list[StoredModel]:
    """All whole models of models/, by id."""
    folder = models_folder()
    if not folder.is_dir():
        return []
    found = []
    for path in sorted(folder.iterdir()):
        if path.name.startswith("."):
            continue  # on its way in or out
        try:
            found.append(read_model(path.resolve()))
        except BadModel:
            continue  # an unfinished or damaged folder is told of when it is asked for by name
    return found


def make_default(name: str) -> StoredModel:
    """Make that model of models/ the one with which the app opens.

    Raises:
        BadModel: Where there is no whole model of that name.
        MammoError: Where the home cannot be written.
    """
    models = {model.id: model for model in list_models()}
    if name not in models:
        known = ", ".join(models) or "none yet"
        raise BadModel(f"Expected the name of a model in models/, got '{name}'; there are: {known}")
    write_json(_default_file(), {"model": name})
    return models[name]


def default_model() -> StoredModel | None:
    """The model with which the app opens; None where there is no whole model."""
    return pick_default(list_models())


def pick_default(models: Sequence[StoredModel]) -> StoredModel | None:
    """Of these the model of the last `make_default`, else the shipped one, else the first."""
    by_name = {model.id: model for model in models}
    shipped = by_name.get(SHIPPED_MODEL) or next(iter(models), None)
    try:
        return by_name.get(read_json(_default_file())["model"], shipped)
    except (MammoError, KeyError, TypeError):
        return shipped


def _default_file() -> Path:
    return state_folder() / "default_model.json"


def predictions_path(model: StoredModel, dataset: str) -> Path:
    """Where the model's prediction table for a dataset of that name lies."""
    return model.path / "predictions" / f"{dataset}.parquet"


def file_sha256(path: Path) -> str:
    """The SHA-256 of a file as 64 hex digits."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
