"""The verb `check`."""

from pathlib import Path
from typing import Annotated, Any

import typer

VERDICTS = ("accept", "ask", "refuse")


def check(
    files: Annotated[list[Path], typer.Argument(help="DICOM, PNG, JPEG, PGM or TIFF files.")],
) -> dict[str, Any]:
    """Say for each file whether it is a mammogram: accept, ask or refuse, with reasons.

    The exit code is 0 whatever the verdicts are, and 2 where a file is missing.

    Example: python -m mammo_core check scan.dcm film.png
    """
    from dataclasses import asdict

    from mammo_core.errors import UnreadableFile
    from mammo_core.gate import check as check_file

    if absent := [path for path in files if not path.exists()]:
        raise UnreadableFile(f"Expected a file, found none at {absent[0]}")
    told = [{"file": str(path), **asdict(check_file(path))} for path in files]
    counts = {word: sum(one["verdict"] == word for one in told) for word in VERDICTS}
    return {"files": told, **counts}
