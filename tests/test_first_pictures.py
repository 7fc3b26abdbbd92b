import sys
import threading

from mammo_ui import first_pictures


def test_what_draws_pictures_is_imported_once_the_wait_is_over(monkeypatch):
    monkeypatch.delitem(sys.modules, "mammo_core.overlays", raising=False)
    is_over = threading.Event()
    first_pictures.prepare_after(is_over.wait)
    (waiting,) = [t for t in threading.enumerate() if t.name.endswith("(_import_after)")]
    assert "mammo_core.overlays" not in sys.modules
    is_over.set()
    waiting.join(60)
    assert "mammo_core.overlays" in sys.modules
