"""The ledger of looks at test sets: how often a model was judged on its own held-out patients.

Each look at a test set makes its next figures a little less honest, as choices follow them. The
ledger cannot prevent that, but it says how often it happened. It is a file of one JSON object a
line, only ever added to.
"""

import json
import logging
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from mammo_core.errors import MammoError
from mammo_core.locks import holding
from mammo_core.paths import state_folder

if TYPE_CHECKING:
    from mammo_core.model_store import StoredModel

logger = logging.getLogger(__name__)


class NamedData(Protocol):
    """What a dataset and its card have in common."""

    @property
    def name(self) -> str:
        """What lists call it."""
        ...

    @property
    def fingerprint(self) -> str:
        """Of its index."""
        ...


@dataclass(frozen=True)
class Looks:
    """Looks at one dataset's test set.

    Attributes:
        n: How many.
        models: The names of the models that were judged, each once, in the order of their first.
        dates: The day of each look as YYYY-MM-DD, in their order.
    """

    n: int
    models: tuple[str, ...]
    dates: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """{"n": ..., "models": ..., "first": ..., "last": ...}; models is their number."""
        first, last = (self.dates[0], self.dates[-1]) if self.dates else (None, None)
        return {"n": self.n, "models": len(self.models), "first": first, "last": last}


def is_own_test(model: "StoredModel", dataset: NamedData, split: str) -> bool:
    """Whether the split holds test patients of the very dataset that a model was trained on.

    A dataset that was indexed anew keeps its name, a copy of it its fingerprint; either is enough.

    Args:
        model: The one that is judged.
        dataset: A dataset or its card.
        split: "train", "val", "test" or "all".
    """
    is_same = dataset.name == model.trained_on
    is_copy = dataset.fingerprint == model.card["dataset"].get("fingerprint")
    return (is_same or is_copy) and split in ("test", "all")


def record_look(dataset: str, model: str, where: str) -> None:
    """Add a look to the ledger; two processes may do so at once.

    Args:
        dataset: The dataset's name.
        model: The model's name.
        where: What showed the numbers, such as "evaluate".

    Raises:
        MammoError: Where the home cannot be written.
    """
    look = {"dataset": dataset, "model": model, "where": where, "at": time.time()}
    with holding(_file()):
        try:
            with _file().open("a", encoding="utf-8") as stream:
                stream.write(json.dumps(look) + "\n")
        except OSError as error:
            raise MammoError(f"Cannot write {_file()}: {error.strerror or error}") from error


def count_looks(dataset: str, model: str | None = None) -> Looks:
    """The looks at a dataset's test set, of all models that were trained on it or of one."""
    found = [
        look for look in _read() if look["dataset"] == dataset and model in (None, look["model"])
    ]
    dates = tuple(time.strftime("%Y-%m-%d", time.localtime(look["at"])) for look in found)
    return Looks(len(found), tuple(dict.fromkeys(look["model"] for look in found)), dates)


def note_look(model: "StoredModel", dataset: NamedData, split: str, where: str) -> Looks | None:
    """Record that numbers of a split are shown and count all looks; None if it is no own test set.

    A home that cannot be written costs the look, not the numbers.

    Args:
        model: The one that is judged.
        dataset: A dataset or its card.
        split: Of which the numbers are.
        where: What shows them.
    """
    if not is_own_test(model, dataset, split):
        return None
    try:
        record_look(dataset.name, model.id, where)
    except MammoError as error:
        logger.warning("%s; this look at the test set is not counted", error)
    return count_looks(dataset.name)


def _read() -> Iterator[dict[str, Any]]:
    """The looks; a line that a full disk cut off is none."""
    try:
        lines = _file().read_text(encoding="utf-8").splitlines()
    except OSError:
        return
    for line in lines:
        try:
            look = json.loads(line)
        except json.JSONDecodeError:
            continue
        if isinstance(look, dict) and {"dataset", "model", "at"} <= set(look):
            yield look


def _file() -> Path:
    return state_folder() / "test_looks.jsonl"
