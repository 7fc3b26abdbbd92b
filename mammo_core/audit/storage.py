"""Where audits lie, beside the model that they are of: a folder a dataset and split."""

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mammo_core.errors import MammoError
from mammo_core.explanation_folders import safe_name
from mammo_core.paths import read_json, write_json, writing

if TYPE_CHECKING:
    import pandas as pd

    from mammo_core.model_store import StoredModel

VERSION = 1
"""Of what is kept; raised when a number is added or changes its meaning."""
SUMMARY, TABLE = "summary.json", "table.parquet"
MAPS, AGAIN = "maps", "again"
"""The two works on an image: its maps measured, and measured by explaining again."""

Record = dict[str, Any]


def audit_folder(model: "StoredModel", dataset: str, split: str) -> Path:
    """Where the audit of a model on a dataset's split lies."""
    return model.path / "audit" / f"{safe_name(dataset)}-{split}"


def make_folder(folder: Path) -> None:
    """Make an audit's folder, so that an hour's work does not end where nothing can be written.

    Raises:
        MammoError: Where it cannot be written.
    """
    tried = folder / "cases" / "tried"
    with writing(tried) as temporary:
        temporary.touch()
    tried.unlink(missing_ok=True)


def list_audits(model: "StoredModel") -> list[Path]:
    """The folders of a model's finished audits, the last one first."""
    found = (model.path / "audit").glob(f"*/{SUMMARY}")
    return [path.parent for path in sorted(found, key=lambda path: -path.stat().st_mtime_ns)]


def read_audit(folder: Path) -> Record | None:
    """The summary that an audit left; None where there is none that is whole and of today's kind.

    Whether it is of this very network and dataset, its `model_sha256` and `dataset_version` tell.
    """
    try:
        content = read_json(folder / SUMMARY)
    except MammoError:
        return None
    is_ours = isinstance(content, dict) and content.get("version") == VERSION
    return content if is_ours else None


def read_table(folder: Path) -> "pd.DataFrame":
    """One row an image and method, see docs/audit.md.

    Raises:
        MammoError: Where there is none, or it is damaged.
    """
    import pandas as pd
    import pyarrow

    try:
        return pd.read_parquet(folder / TABLE)
    except (OSError, pyarrow.ArrowException) as error:
        raise MammoError(f"Cannot read {folder / TABLE}: {error}; audit again") from None


def write_record(folder: Path, kind: str, plan: str, image_id: str, record: Record) -> None:
    """Keep what was measured on an image, whole or not at all.

    Raises:
        MammoError: Where the disk is full or cannot be written.
    """
    write_json(_record_path(folder, kind, image_id), {"plan": plan, "record": record})


def read_record(folder: Path, kind: str, plan: str, image_id: str) -> Record | None:
    """What was measured on an image by the same plan; None where that is still to be done."""
    try:
        content = read_json(_record_path(folder, kind, image_id))
    except MammoError:
        return None
    if not isinstance(content, dict) or content.get("plan") != plan:
        return None
    record: Record | None = content.get("record")
    return record


def count_explained(folder: Path) -> int:
    """Images of which an earlier run, finished or not, kept measured maps; blanked ones aside."""
    records = map(_read_kept, (folder / "cases").glob(f"*.{MAPS}.json"))
    return sum(bool(record.get("methods")) for record in records)


def _read_kept(path: Path) -> Record:
    """The record in a file, by whatever plan; empty where it is damaged."""
    try:
        content = read_json(path)
    except MammoError:
        return {}
    return (content.get("record") or {}) if isinstance(content, dict) else {}


def _record_path(folder: Path, kind: str, image_id: str) -> Path:
    digest = hashlib.sha256(image_id.encode()).hexdigest()[:16]
    return folder / "cases" / f"{digest}.{kind}.json"
