"""What the predictions of a choice say: cases, numbers, curves; kept until they change."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, fields
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mammo_core.errors import MammoError
from mammo_core.model_store import file_sha256
from mammo_core.paths import read_json, write_json
from mammo_ui import chosen_cases, library
from mammo_ui.chosen_rows import Rows, read_rows, read_table, rows_of, table_path
from mammo_ui.library import has_predictions

if TYPE_CHECKING:
    from mammo_ui.state import Choice

LOG = logging.getLogger(__name__)
SUMMARY_VERSION = 3
N_MISTAKES = 3
MISTAKE = ("image_id", "true", "predicted", "correct", "score", "outcome")
"""What is kept of each."""


@dataclass(frozen=True)
class Summary:
    """What the Overview shows of a choice, read at once without the predictions.

    Attributes:
        evaluation: As `evaluate` of the core answers.
        images: How many images it is about.
        mistakes: The most confident ones, as rows of `Cases.rows`.
    """

    evaluation: dict[str, Any]
    images: int
    mistakes: Sequence[dict[str, Any]]


def summarize(choice: "Choice") -> Summary:
    """The summary of the choice, from beside the model where it was made before."""
    kept = read_summary(choice)
    if kept is None:
        kept = _make_summary(choice)
        if choice.threshold == choice.model.threshold:
            content = {"key": _summary_key(choice), "summary": asdict(kept)}
            _keep(write_json, _summary_path(choice), content)
    return kept


def read_summary(choice: "Choice") -> Summary | None:
    """The kept summary, None where none was made of these very predictions or it is damaged."""
    if choice.threshold != choice.model.threshold:
        return None  # only that of the model's own threshold is kept
    path = _summary_path(choice)
    try:
        content = read_json(path)
    except MammoError:
        return None
    is_current = isinstance(content, dict) and content.get("key") == _summary_key(choice)
    return _to_summary(content.get("summary")) if is_current else None


def _to_summary(told: Any) -> Summary | None:
    """The summary that was written so; None where a part is missing or of another kind."""
    from mammo_core.metrics.answer_shape import is_whole

    if not isinstance(told, dict) or set(told) != {one.name for one in fields(Summary)}:
        return None
    rows = told["mistakes"]
    has_rows = isinstance(rows, list) and all(
        isinstance(row, dict) and row.keys() >= set(MISTAKE) for row in rows
    )
    is_sound = has_rows and isinstance(told["images"], int) and is_whole(told["evaluation"])
    return Summary(**told) if is_sound else None


def _make_summary(choice: "Choice") -> Summary:
    worst = chosen_cases.worst_mistakes(choice, N_MISTAKES)
    rows = [{name: row[name] for name in MISTAKE} for row in worst]
    return Summary(evaluate(choice), len(read_rows(rows_of(choice).images)), rows)


def _summary_path(choice: "Choice") -> Path:
    folder = table_path(choice).parents[1] / "evaluations"
    parts = (choice.dataset, choice.split, choice.level, choice.aggregation, "overview", "json")
    return folder / ".".join(parts)


def _summary_key(choice: "Choice") -> dict[str, Any]:
    path = table_path(choice)
    return {
        "version": SUMMARY_VERSION,
        "table_sha256": _digest(path, library.version_of(path)),
        "model_sha256": choice.model.sha256,
        "dataset_fingerprint": library.read_card(choice.dataset).version,
        "threshold": choice.threshold,
    }


@lru_cache(maxsize=32)
def _digest(path: Path, version: int) -> str:
    """The SHA-256 of a file at that version; of a million rows it takes a while."""
    return file_sha256(path)


def are_outdated(choice: "Choice") -> bool:
    """Whether the predictions say that another network or other images made them."""
    if read_summary(choice) is not None:
        return False
    from mammo_core.predictions import read_provenance

    made_from = read_provenance(table_path(choice))
    version = library.read_card(choice.dataset).version
    return made_from is not None and not made_from.is_of(choice.model.sha256, version)


def count_cases(choice: "Choice") -> tuple[int, int] | None:
    """(images, patients) that the numbers of this choice are about, None where there are none."""
    model, dataset = choice.model, choice.dataset
    if model is None or dataset is None or not has_predictions(model, dataset):
        return None
    kept = read_summary(choice)
    if kept is not None:
        return kept.images, kept.evaluation["patients"]
    try:
        table = read_rows(rows_of(choice).images)
    except MammoError:
        return None  # the page that needs the numbers tells why there are none
    return len(table), table.n_patients


def evaluate(choice: "Choice", interval: str = "percentile") -> dict[str, Any]:
    """The evaluation of the choice, from the store where it was made before.

    Args:
        choice: Of what.
        interval: A key of the core's `INTERVALS`.
    """
    model = choice.model
    return _evaluation(model.path, model.threshold, choice.dataset, rows_of(choice), interval)


@lru_cache(maxsize=8)
def _evaluation(
    folder: Path, threshold: float, dataset: str, rows: Rows, interval: str
) -> dict[str, Any]:
    from mammo_core.metrics.evaluation import evaluate_options
    from mammo_core.metrics.selection import EvaluationOptions
    from mammo_core.metrics.stored import load_evaluation, store_evaluation

    options = EvaluationOptions(
        split=rows.split,
        level=rows.level,
        aggregation=rows.aggregation,
        threshold=threshold,
        interval=interval,
    )
    table = read_table(rows.path, rows.version)
    answer = load_evaluation(folder, dataset, table, options)
    if answer is None:
        answer = evaluate_options(table, options)
        _keep(store_evaluation, folder, dataset, table, options, answer)
    return answer


def _keep(write: Callable[..., None], *arguments: Any) -> None:
    """Write what can be computed again; a folder that is read-only costs time, not the page."""
    try:
        write(*arguments)
    except MammoError as error:
        LOG.warning("It is computed again next time: %s", error)
