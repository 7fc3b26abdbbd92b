"""Exports written into a folder, for the command line."""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from mammo_core.explanation_exports.export import Unwritten, export_maps
from mammo_core.explanation_exports.exported_image import ExportedImage
from mammo_core.explanation_exports.formats import FormatName
from mammo_core.explanations import Explanation, Refusal
from mammo_core.paths import writing
from mammo_core.types import Progress, no_progress


def export_to_folder(
    image: ExportedImage,
    answers: Sequence[Explanation | Refusal],
    formats: Sequence[FormatName],
    out: Path,
    progress: Progress = no_progress,
) -> dict[str, list[dict[str, Any]]]:
    """Write each map in each format and tell of each file, and of each that there is not.

    Raises:
        MammoError: Where the disk is full or cannot be written.
    """
    files, unwritten = [], []
    for made in export_maps(image, answers, formats, progress):
        if isinstance(made, Unwritten):
            unwritten.append(asdict(made))
            continue
        path = out / made.name
        with writing(path) as temporary:
            temporary.write_bytes(made.content)
        facts = {"method": made.method, "format": made.format, "bytes": len(made.content)}
        files.append({**facts, "file": str(path)})
    return {"files": files, "unwritten": unwritten}
