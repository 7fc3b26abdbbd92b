"""What the gate and a model say about single files that belong to no dataset."""

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mammo_core.breast import Breast, find_breast
from mammo_core.dicom import read_mammogram
from mammo_core.errors import UnreadableFile
from mammo_core.gate import check, judge
from mammo_core.model_input import shape_input
from mammo_core.model_store import StoredModel
from mammo_core.synthetic_only import is_generated, warn_of_real
from mammo_core.targets import check_scores
from mammo_core.two_views import tell_missing_view
from mammo_core.types import Classifier, Mammogram, Progress, Verdict, no_progress

if TYPE_CHECKING:
    from mammo_core.uncertainty.case_rule import CaseDoubt, CaseRule

OVERRIDE = "asked all the same, against the gate"
"""What a table says of a prediction that a person wanted although the gate did not accept."""


@dataclass(frozen=True)
class NamedFile:
    """A file and what its user calls it.

    Attributes:
        name: What tables show; never a path that the user did not write.
        path: Where it lies.
    """

    name: str
    path: Path


@dataclass(frozen=True)
class FileAnswer:
    """What the gate said about a file, and the model if it was asked.

    Attributes:
        file: What its user calls it.
        verdict: The gate's.
        probabilities: One a class, mildest first; None where the model was not asked.
        is_override: Whether the model was asked although the gate did not accept the file.
        warning: What to know before believing the answer; empty where there is nothing.
        doubt: Whether to refer it; None where the model was not asked or has no limit to refer by.
    """

    file: str
    verdict: Verdict
    probabilities: Mapping[str, float] | None = None
    is_override: bool = False
    warning: str = ""
    doubt: "CaseDoubt | None" = None

    def judged_by(self, rule: "CaseRule | None") -> "FileAnswer":
        """The answer with whether to refer it by that rule."""
        if rule is None or not self.probabilities:
            return self
        return replace(self, doubt=rule.judge(self.probabilities))

    @property
    def prediction(self) -> str | None:
        """The most probable class."""
        p = self.probabilities
        return max(p, key=p.__getitem__) if p else None

    @property
    def uncertainty(self) -> float | None:
        """Entropy of the probabilities over its largest possible value, in [0, 1]."""
        if not self.probabilities:
            return None
        p = [value for value in self.probabilities.values() if value > 0]
        return sum(-value * math.log(value) for value in p) / math.log(len(self.probabilities))

    @property
    def margin(self) -> float | None:
        """How far the most probable class is ahead of the next one, in [0, 1]."""
        if not self.probabilities:
            return None
        first, second = sorted(self.probabilities.values(), reverse=True)[:2]
        return first - second

    def to_json(self) -> dict[str, Any]:
        """The answer as the command line prints it."""
        return {
            "file": self.file,
            "verdict": self.verdict.verdict,
            "reasons": list(self.verdict.reasons),
            "laterality": self.verdict.laterality,
            "view": self.verdict.view,
            "prediction": self.prediction,
            "probabilities": dict(self.probabilities) if self.probabilities else None,
            "uncertainty": self.uncertainty,
            "margin": self.margin,
            "refer": self.doubt and self.doubt.refer,
            "open_classes": self.doubt and list(self.doubt.open_classes),
            "override": self.is_override,
            "warning": self.warning,
        }


def answer_files(
    files: Sequence[NamedFile],
    stored: StoredModel,
    load: Callable[[], Classifier],
    *,
    anyway: bool = False,
    progress: Progress = no_progress,
) -> Iterator[FileAnswer]:
    """The answer about each file, in their order.

    Args:
        files: What to judge.
        stored: The model's card, for its preprocessing.
        load: Gives the model; called only once a file needs it.
        anyway: Whether the model is asked about files that the gate does not accept.
        progress: Called after each file; may raise Cancelled.
    """
    for done, file in enumerate(files, start=1):
        yield answer_file(file, stored, load, anyway=anyway)
        progress(done, len(files), "Checking and predicting")


def answer_file(
    file: NamedFile, stored: StoredModel, load: Callable[[], Classifier], *, anyway: bool = False
) -> FileAnswer:
    """The answer about one file; see `answer_files`. A file that cannot be read is refused.

    Raises:
        BadModel: Where the model answers with values that are not numbers.
    """
    verdict, seen = look_at(file.path)
    is_accepted = verdict.verdict == "accept"
    if seen is None or not (is_accepted or anyway):
        return FileAnswer(file.name, verdict)
    image = stored.preprocess.apply(*seen).image
    p = load().predict(shape_input(stored, image, verdict.view)[None])[0]
    check_scores(p)
    probabilities = dict(zip(stored.classes, p.astype(float).tolist(), strict=True))
    is_real = not is_generated(seen[0].manufacturer)
    warning = warn_of_file(stored, verdict, is_real=is_real)
    return FileAnswer(
        file.name, verdict, probabilities, is_override=not is_accepted, warning=warning
    )


def warn_of_file(stored: StoredModel, verdict: Verdict, *, is_real: bool) -> str:
    """What to know before believing what a model says of a single file, without the last dot.

    Args:
        stored: The model that was asked.
        verdict: The gate's, which knows the file's view.
        is_real: Whether the image was taken rather than generated.
    """
    missing = tell_missing_view(stored, verdict.view)
    return ". ".join([*warn_of_real(stored, is_real=is_real), *([missing] if missing else [])])


def look_at(path: Path) -> tuple[Verdict, tuple[Mammogram, Breast] | None]:
    """(the gate's answer, what was decoded for it): None where the file cannot be read."""
    try:
        mammogram = read_mammogram(path)
    except UnreadableFile:
        return _without_name(check(path), path), None
    breast = find_breast(mammogram.pixels)
    return judge(mammogram, breast), (mammogram, breast)


def tabulate(
    answers: Iterable[FileAnswer], classes: Sequence[str], threshold: float
) -> list[dict[str, Any]]:
    """A flat row a file: verdict, reasons, override, prediction, p_<class>, ...; "" where nothing.

    Args:
        answers: What to tell.
        classes: The model's, mildest first.
        threshold: From here on the last class's probability is `called`.
    """
    return [_to_row(answer, classes, threshold) for answer in answers]


def _to_row(answer: FileAnswer, classes: Sequence[str], threshold: float) -> dict[str, Any]:
    p = answer.probabilities or {}
    score = p.get(classes[-1])
    return {
        "file": answer.file,
        "verdict": answer.verdict.verdict,
        "reasons": "; ".join(answer.verdict.reasons),
        "override": OVERRIDE if answer.is_override else "",
        "prediction": answer.prediction or "",
        **{f"p_{name}": p.get(name, "") for name in classes},
        "threshold": threshold,
        "called": "" if score is None else score >= threshold,
        "uncertainty": "" if answer.uncertainty is None else answer.uncertainty,
        "margin": "" if answer.margin is None else answer.margin,
        "refer": "" if answer.doubt is None else answer.doubt.refer,
        "open_classes": "" if answer.doubt is None else "; ".join(answer.doubt.open_classes),
        "laterality": answer.verdict.laterality or "",
        "view": answer.verdict.view or "",
        "warning": answer.warning,
    }


def _without_name(verdict: Verdict, path: Path) -> Verdict:
    """The verdict without the file's name before its reasons: the answer has it already."""
    reasons = tuple(reason.removeprefix(f"{path.name}: ") for reason in verdict.reasons)
    return replace(verdict, reasons=reasons)
