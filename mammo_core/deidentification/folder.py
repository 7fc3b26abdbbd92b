"""A folder of DICOM images cleaned file by file: stoppable, resumable, nothing half-cleaned."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from mammo_core.datasets.archives import unpack
from mammo_core.datasets.medium import PICTURE, list_candidates, shown_name
from mammo_core.datasets.rows import Refusal
from mammo_core.datasets.sources import is_archive
from mammo_core.deidentification.image import claims_clear, clean_image, find_place, save
from mammo_core.deidentification.profile import EDITION
from mammo_core.errors import MammoError, UnreadableFile
from mammo_core.paths import read_json, write_json
from mammo_core.privacy import hide_id
from mammo_core.reading.elements import quiet
from mammo_core.types import Progress, no_progress
from mammo_core.worker_pool import count_workers, run_chunks

RECORD = "deidentified.json"
COPY = "A copy: another file holds the image of the same UID"
DIED = "It kills the process that decodes it"
NO_DICOM = "A picture without a DICOM header: only DICOM files can be cleaned"
MOST_NAMED = 5
SMALL_JOB = 12
"""Up to this many images further processes cost more than they save."""

NOT_PROMISED = (
    "Text burned in over the breast, or touching it, stays",
    "Texts that an image needs (manufacturer, model, software, meanings of codes) were searched "
    "for the words by which the header calls people and the exam, not for any other name",
    "Whoever has an original picture can recognize its copy; a rare body, device or age may tell "
    "a patient to someone who knows her",
    "All dates are gone: what came earlier or later can no longer be told",
    "Images of one patient share one hidden id, and whoever has this computer's salt file can test "
    "a guess at the real one",
)
"""What a user must know before giving the copies away."""
NOT_CLEAR = (
    "something bright beside the skin stays, which may be writing: they don't say that their "
    "pixels are clean, so look at these"
)
LEFT_PIXELS = "Pixels were left as they are: text burned into them stays"


@dataclass(frozen=True)
class Deidentified:
    """What became of a source.

    Attributes:
        folder: Where the clean copies are, as <patient>/<exam>/<image>.dcm by hidden ids.
        written: How many were written now.
        kept: How many an earlier run had written.
        refusals: The files of which there is no copy, and why.
        not_promised: Sentences on what may still tell who the patients are; none without copies.
    """

    folder: Path
    written: int
    kept: int
    refusals: Sequence[Refusal]
    not_promised: Sequence[str]


@dataclass(frozen=True)
class Task:
    """One file to clean."""

    file: Path
    out: Path
    leave_pixels: bool

    def halves(self) -> tuple["Task", ...]:
        """None, for it is one file."""
        return ()


@dataclass(frozen=True)
class Outcome:
    """What became of one file.

    Attributes:
        copy: Its clean copy, None where there is none.
        is_new: Whether it was written now.
        is_clear: Whether nothing bright is left beside the breast.
        reason: Why there is none.
    """

    copy: Path | None = None
    is_new: bool = False
    is_clear: bool = True
    reason: str = ""


def deidentify_folder(
    source: Path | str,
    out: Path | str,
    *,
    leave_pixels: bool = False,
    progress: Progress = no_progress,
) -> Deidentified:
    """Clean copies of all DICOM mammograms below a folder or in a zip archive, or of one file.

    A file that cannot be cleaned in full is not copied. The same call again goes on where a
    stopped one ended.

    Args:
        source: The folder, archive or file; it is only read.
        out: The folder of the copies: new, empty, or that of an earlier run.
        leave_pixels: Whether to keep text that is burned in.
        progress: Called after each file; may raise Cancelled.

    Raises:
        UnreadableFile: Where there is no such source, or an archive is hostile or damaged.
        MammoError: Where `out` cannot serve or be written.
    """
    source, out = Path(source).expanduser().resolve(), Path(out).expanduser().resolve()
    if not source.exists():
        raise UnreadableFile(f"Expected a folder or file to clean, found no {source}")
    _check_apart(source, out)
    not_promised = [*[LEFT_PIXELS] * leave_pixels, *NOT_PROMISED]
    _record(out, leave_pixels, not_promised)
    with _unpacked(source, progress) as (folder, left_out):
        done = _clean_below(folder, out, leave_pixels, progress)
    kept = [*left_out, *done.refusals]
    told = [*done.not_promised, *not_promised] if done.written or done.kept else []
    return replace(done, refusals=kept, not_promised=told)


@contextmanager
def _unpacked(source: Path, progress: Progress) -> Iterator[tuple[Path, Sequence[Refusal]]]:
    """(the source, or the folder that an archive is in until the block ends, what it left out)."""
    if not is_archive(source):
        yield source, ()
        return
    with TemporaryDirectory(prefix="mammo-deidentify-") as folder:
        unpacked = unpack(source, Path(folder) / "members", progress=progress)
        yield unpacked.folder, unpacked.refusals


def _clean_below(source: Path, out: Path, leave_pixels: bool, progress: Progress) -> Deidentified:
    files, refusals = list_candidates(source) if source.is_dir() else ([source], [])
    refusals = [
        replace(refusal, reason=NO_DICOM) if refusal.reason == PICTURE else refusal
        for refusal in refusals
    ]
    outcomes = _clean_all([Task(file, out, leave_pixels) for file in files], progress)
    root = source if source.is_dir() else source.parent
    met: set[Path] = set()
    n_new, unclear = 0, list[str]()
    for file, outcome in zip(files, outcomes, strict=True):
        if outcome.copy is None or outcome.copy in met:
            refusals.append(Refusal(shown_name(file, root), outcome.reason or COPY))
        else:
            met.add(outcome.copy)
            n_new += outcome.is_new
            if not (outcome.is_clear or leave_pixels):
                unclear.append(outcome.copy.relative_to(out).as_posix())
    return Deidentified(out, n_new, len(met) - n_new, refusals, _tell_unclear(unclear))


def _tell_unclear(copies: Sequence[str]) -> list[str]:
    """A sentence that names the copies with something bright near the skin, if there are any."""
    if not copies:
        return []
    more = f" and {len(copies) - MOST_NAMED} more" if len(copies) > MOST_NAMED else ""
    return [f"In {', '.join(copies[:MOST_NAMED])}{more} {NOT_CLEAR}"]


def clean_file(task: Task) -> Outcome:
    """Clean one file unless its copy is there already.

    Raises:
        MammoError: Where the copy cannot be written.
    """
    try:
        with quiet():
            copy = task.out / find_place(task.file)
            if copy.exists():
                return Outcome(copy, is_clear=claims_clear(copy))
            clean = clean_image(task.file, leave_pixels=task.leave_pixels)
            save(clean, copy)
            is_clear = clean.get("BurnedInAnnotation") == "NO"
    except UnreadableFile as fault:
        return Outcome(reason=str(fault))
    return Outcome(copy, is_new=True, is_clear=is_clear)


def _check_apart(source: Path, out: Path) -> None:
    """Refuse an output that the source holds or that holds the source.

    Raises:
        MammoError: Where it is so.
    """
    if out.is_relative_to(source) or source.is_relative_to(out):
        raise MammoError(
            f"Expected the clean copies in a folder apart from the originals, got {out} for "
            f"{source}: name another"
        )


def _record(out: Path, leave_pixels: bool, not_promised: Sequence[str]) -> None:
    """Note in the output how its copies are made, which is one way for all of them.

    Raises:
        MammoError: Where the folder holds something else, or copies made in another way.
    """
    wanted: dict[str, Any] = {
        "profile": f"DICOM PS3.15 {EDITION} Basic Application Level Confidentiality Profile",
        "pixels": "left" if leave_pixels else "blanked away from the breast",
        "salt_check": hide_id("salt check"),
        "not_promised": list(not_promised),
    }
    file = out / RECORD
    if not file.exists():
        if out.exists() and (not out.is_dir() or any(out.iterdir())):
            raise MammoError(f"Expected {out} to be new, empty, or of an earlier run; name another")
        write_json(file, wanted)
    elif read_json(file) != wanted:
        raise MammoError(
            f"The copies in {out} were made in another way or under another salt; name another "
            "folder"
        )


def _clean_all(tasks: Sequence[Task], progress: Progress) -> Iterator[Outcome]:
    """Each file's outcome in order, by all cores where that pays."""
    workers = count_workers() if len(tasks) > SMALL_JOB else 1
    for done, (_, outcome) in enumerate(run_chunks(clean_file, tasks, workers), 1):
        progress(done, len(tasks), "Cleaning images")
        yield outcome or Outcome(reason=DIED)
