"""The verb `deidentify`."""

from pathlib import Path
from typing import Annotated, Any

import typer


def deidentify(
    source: Annotated[
        Path, typer.Argument(help="Folder or zip archive of DICOM mammograms, or one file.")
    ],
    out: Annotated[Path, typer.Option(help="Folder of the clean copies, apart from SOURCE.")],
    leave_pixels: Annotated[
        bool, typer.Option("--leave-pixels", help="Keep text that is burned into the pixels.")
    ] = False,
    refused: Annotated[
        Path | None,
        typer.Option(
            help="CSV to list the files without a copy in; their names may tell patients."
        ),
    ] = None,
) -> dict[str, Any]:
    """Write copies of DICOM mammograms that no longer tell who the patients are.

    By the Basic Application Level Confidentiality Profile of DICOM PS3.15 Annex E; text beside the
    breast is blanked. A file that cannot be cleaned in full is not copied. The answer says what
    cannot be promised: read it before giving copies away. The same command again goes on where a
    stopped one ended.

    Example: python -m mammo_core deidentify ~/from-hospital --out ~/clean
    """
    from collections import Counter

    from mammo_core.deidentification import deidentify_folder
    from mammo_core.progress import current_progress

    done = deidentify_folder(source, out, leave_pixels=leave_pixels, progress=current_progress())
    if refused:
        _list(refused, [(refusal.file, refusal.reason) for refusal in done.refusals])
    return {
        "written": done.written,
        "kept": done.kept,
        "refused": len(done.refusals),
        "reasons": dict(Counter(refusal.reason for refusal in done.refusals).most_common()),
        "not_promised": list(done.not_promised),
        "folder": str(done.folder),
    }


def _list(file: Path, refusals: list[tuple[str, str]]) -> None:
    import csv

    from mammo_core.paths import writing

    with writing(file) as temporary, temporary.open("w", newline="", encoding="utf-8") as table:
        csv.writer(table).writerows([("file", "reason"), *refusals])
