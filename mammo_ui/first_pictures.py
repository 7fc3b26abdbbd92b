"""What the first pictures need, imported before somebody asks for them."""

import importlib
import threading
from collections.abc import Callable

PARTS = (
    "PIL.Image",
    "mammo_core.datasets",
    "mammo_core.dicom",
    "mammo_core.overlays",
    "mammo_core.reviews",
)


def prepare_after(wait: Callable[[], None]) -> None:
    """Import `PARTS` once `wait` is over; returns at once.

    They take about .7 s of CPU. Imported with the server they would hold up its first page,
    imported with the first gallery they would hold up that.
    """
    threading.Thread(target=_import_after, args=(wait,), daemon=True).start()


def _import_after(wait: Callable[[], None]) -> None:
    wait()
    for part in PARTS:
        importlib.import_module(part)
