"""The studies that sweeps leave behind: where they lie and what their study.json tells."""

from pathlib import Path
from typing import Any

from mammo_core.errors import MammoError
from mammo_core.paths import read_json, state_folder


def studies_folder() -> Path:
    """Where studies live unless their command names another place."""
    return state_folder() / "studies"


def list_studies() -> list[str]:
    """The names of the studies there are, the newest first."""
    files = studies_folder().glob("*/study.json")
    newest = sorted(files, key=lambda file: file.stat().st_mtime, reverse=True)
    return [file.parent.name for file in newest]


def read_study(name: str) -> dict[str, Any]:
    """What a study's study.json tells.

    Raises:
        MammoError: Where there is no such study, or its file is damaged.
    """
    if name not in list_studies():
        known = ", ".join(list_studies()) or "none yet"
        raise MammoError(f"Expected the name of a study, got '{name}'; there are: {known}")
    content: dict[str, Any] = read_json(studies_folder() / name / "study.json")
    return content
