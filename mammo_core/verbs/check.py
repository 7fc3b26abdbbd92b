"""The verb `check`."""

from pathlib import Path
from typing import Annotated, Any

import typer

VERDICTS = ("accept", "ask", "refuse")


def check(
    files: Annotated[
        list[Path], typer.Argument(help="Image files, folders and zip archives of them.")
    ],
) -> dict[str, Any]:
    """Say for each file whether it is a mammogram: accept, ask or refuse, with reasons.

    The exit code is 0 whatever the verdicts are. It is 2 where there is nothing at a path; all
    other files are answered all the same.

    Example: python -m mammo_core check scan.dcm film.png
    """
    from dataclasses import asdict

    from mammo_core.file_prediction import look_at
    from mammo_core.file_sources import opening
    from mammo_core.progress import current_progress

    told, progress = [], current_progress()
    with opening(files, progress=progress) as opened:
        for file in opened.files:
            told.append({"file": file.name, **asdict(look_at(file.path)[0])})
            progress(len(told), len(opened.files), "Checking")
        told += [{"file": one.file, **asdict(one.verdict)} for one in opened.left_out]
    counts = {word: sum(one["verdict"] == word for one in told) for word in VERDICTS}
    answer = {"files": told, **counts, "missing": opened.missing}
    opened.complain(answer)
    return answer
