"""The audits that lie beside a model, kept in memory until they are written anew."""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mammo_core.audit.storage import SUMMARY, audit_folder, list_audits, read_audit
from mammo_ui import library

if TYPE_CHECKING:
    import pandas as pd

    from mammo_core.model_store import StoredModel
    from mammo_ui.state import Choice

Summary = dict[str, Any]
MARKS = {"believe": "●", "caution": "◐", "doubt": "○", "control": ""}
"""A sign beside a verdict, told apart without color."""
COLORS = {"believe": "green", "caution": "orange", "doubt": "red", "control": "gray"}


@dataclass(frozen=True, eq=False)
class Audit:
    """A finished audit.

    Attributes:
        folder: Where it lies.
        version: Changes whenever it is written anew.
        summary: As docs/audit.md tells.
    """

    folder: Path
    version: int
    summary: Summary

    @property
    def methods(self) -> list[str]:
        """The audited methods, controls among them, the best verdicts first."""
        order = list(MARKS)
        verdicts = self.summary["verdicts"]
        return sorted(verdicts, key=lambda name: order.index(verdicts[name]["level"]))


def find_audit(choice: "Choice") -> Audit | None:
    """The audit of the chosen model on the chosen images; None where there is none."""
    return _open(audit_folder(choice.model, choice.dataset, choice.split))


def tell_outdated(audit: Audit, choice: "Choice") -> str:
    """Why an audit says nothing of the model and data as they are; empty where it does."""
    if audit.summary["model_sha256"] != choice.model.sha256:
        return f"{choice.model.id} has changed since it was audited."
    if audit.summary["dataset_version"] != library.read_card(choice.dataset).version:
        return f"{choice.dataset} has changed since the audit."
    return ""


def list_current(model: "StoredModel") -> list[Audit]:
    """All audits of the model's network as it is, the last one first."""
    found = [_open(folder) for folder in list_audits(model)]
    return [one for one in found if one and one.summary["model_sha256"] == model.sha256]


def read_table(audit: Audit) -> "pd.DataFrame":
    """One row an image and method, see docs/audit.md; not to be changed."""
    return read_table_of(audit.folder, audit.version)


def _open(folder: Path) -> Audit | None:
    try:
        version = library.version_of(folder / SUMMARY)
    except OSError:
        return None
    summary = _summary(folder, version)
    return None if summary is None else Audit(folder, version, summary)


@lru_cache(maxsize=16)
def _summary(folder: Path, version: int) -> Summary | None:
    return read_audit(folder)


@lru_cache(maxsize=4)
def read_table_of(folder: Path, version: int) -> "pd.DataFrame":
    """The same by what the table is kept under.

    Raises:
        MammoError: Where there is none, or it is damaged.
    """
    from mammo_core.audit import storage

    return storage.read_table(folder)
