import importlib.util
import sys
import threading

import pytest

from mammo_ui import first_pictures


def test_parts_are_imported_once_the_wait_is_over(monkeypatch):
    monkeypatch.setattr(first_pictures, "PARTS", ["colorsys"])
    monkeypatch.delitem(sys.modules, "colorsys", raising=False)
    is_over = threading.Event()
    first_pictures.prepare_after(is_over.wait)
    (waiting,) = [t for t in threading.enumerate() if t.name.endswith("(_import_after)")]
    assert "colorsys" not in sys.modules
    is_over.set()
    waiting.join(60)
    assert "colorsys" in sys.modules


@pytest.mark.parametrize("part", first_pictures.PARTS)
def test_each_part_is_there(part):
    assert importlib.util.find_spec(part)
