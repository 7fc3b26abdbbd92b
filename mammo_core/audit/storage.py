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
"""Of an image's record; raised when a number is added or changes its meaning."""
SUMMARY_VERSION = 2
"""Of the summary; raised when a rule or a word of it changes, for which nothing is measured anew:
the same audit, started again, judges the kept records."""
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
    content = _read_whole(folder / SUMMARY)
    return content if content.get("version") == SUMMARY_VERSION else None


def is_judged_by_other_rules(folder: Path) -> bool:
    """Whether an audit lies there whose verdicts are of other rules than today's."""
    return _read_whole(folder / SUMMARY).get("version", SUMMARY_VERSION) != SUMMARY_VERSION


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
    write_json(_record_path(folder, kind, plan, image_id), {"plan": plan, "record": record})


def read_record(folder: Path, kind: str, plan: str, image_id: str) -> Record | None:
    """What was measured on an image by the same plan; None where that is still to be done."""
    content = _read_whole(_record_path(folder, kind, plan, image_id))
    record: Record | None = content.get("record") if content.get("plan") == plan else None
    return record


def count_explained(folder: Path) -> int:
    """Images of which an earlier run, finished or not, kept measured maps; blanked ones aside.

    Each counts once, by however many plans it was measured.
    """
    explained: set[str] = set()
    for path in (folder / "cases").glob(f"*.{MAPS}.json"):
        image = path.name.split(".")[0]
        if image not in explained and (_read_whole(path).get("record") or {}).get("methods"):
            explained.add(image)
    return len(explained)


def _read_whole(path: Path) -> Record:
    """What a file keeps, by whatever plan; empty where there is none, or it is damaged."""
    try:
        content = read_json(path)
    except MammoError:
        return {}
    return content if isinstance(content, dict) else {}


def _record_path(folder: Path, kind: str, plan: str, image_id: str) -> Path:
    """The plan is in the name, so that a smaller audit leaves a larger one's records alone."""
    digest = hashlib.sha256(image_id.encode()).hexdigest()[:16]
    return folder / "cases" / f"{digest}.{plan}.{kind}.json"
