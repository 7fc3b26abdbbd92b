"""What the last audit of a model says of each method, in a few words, wherever it is offered."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, cast

from mammo_core.audit.storage import list_audits, read_audit

if TYPE_CHECKING:
    from mammo_core.model_store import StoredModel

Level = Literal["believe", "caution", "doubt"]


@dataclass(frozen=True)
class Badge:
    """A method's verdict for a model.

    Attributes:
        method: Its name in `METHODS`.
        level: "believe", "caution" or "doubt".
        words: One line.
        n: Images on which it was measured.
        dataset: Whose images they were.
        is_synthetic: Whether these were made rather than taken.
    """

    method: str
    level: Level
    words: str
    n: int
    dataset: str
    is_synthetic: bool = False


def read_badges(stored: "StoredModel") -> dict[str, Badge]:
    """{method: badge} by the newest audit of this very network; empty where there is none.

    Controls have none: they are there to be beaten.
    """
    for folder in list_audits(stored):
        content = read_audit(folder)
        if content is not None and content["model_sha256"] == stored.sha256:
            return _read(content)
    return {}


def _read(content: dict[str, object]) -> dict[str, Badge]:
    verdicts = cast(dict[str, dict[str, object]], content["verdicts"])
    return {
        method: Badge(
            method=method,
            level=cast(Level, verdict["level"]),
            words=str(verdict["words"]),
            n=int(cast(int, verdict["n"])),
            dataset=str(content["dataset"]),
            is_synthetic=bool(content["is_synthetic"]),
        )
        for method, verdict in verdicts.items()
        if verdict["level"] != "control"
    }
