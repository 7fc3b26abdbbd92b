"""What the first pictures need, imported before somebody asks for them."""

import threading
from collections.abc import Callable


def prepare_after(wait: Callable[[], None]) -> None:
    """Import what reads and draws images once `wait` is over; returns at once.

    The libraries take about .7 s of CPU. Imported with the server they would hold up its first
    page, imported with the first gallery they would hold up that.
    """
    threading.Thread(target=_import_after, args=(wait,), daemon=True).start()


def _import_after(wait: Callable[[], None]) -> None:
    wait()
    from PIL import Image  # noqa: F401 - all of them stay imported

    from mammo_core import datasets, dicom, overlays, reviews  # noqa: F401
