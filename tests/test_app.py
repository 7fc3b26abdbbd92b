"""What the app promises before any page runs."""

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from mammo_ui import theme
from mammo_ui.headers import SECURITY_HEADERS
from mammo_ui.main import PAGES

ROOT = Path(__file__).resolve().parents[1]
CONFIG = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text())
TEXT_CONTRAST = 4.5  # WCAG 2.1, level AA


def luminance(color):
    """Relative luminance of "#rrggbb" (WCAG 2.1)."""
    parts = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one, other):
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_it_listens_on_this_machine_alone_and_tells_nobody():
    assert CONFIG["server"]["address"] == "127.0.0.1"
    assert CONFIG["browser"]["gatherUsageStats"] is False


@pytest.mark.parametrize("name", ["light", "dark"])
def test_text_can_be_read_in_both_themes(name):
    colors = CONFIG["theme"][name]
    for ground in ("backgroundColor", "secondaryBackgroundColor"):
        assert contrast(colors["textColor"], colors[ground]) >= TEXT_CONTRAST


def test_each_class_has_a_color_of_its_own():
    names = ["normal", "benign", "malignant", "BI-RADS 4", "BI-RADS 5"]
    colors = theme.class_colors(names)
    assert len(set(colors.values())) == len(names)
    assert colors["malignant"] == theme.class_colors(["benign", "malignant"])["malignant"]


def test_no_site_may_frame_it_and_no_other_host_is_allowed():
    policy = SECURITY_HEADERS["content-security-policy"]
    assert "frame-ancestors 'none'" in policy
    assert "http" not in policy
    assert "*" not in policy


def test_every_file_in_pages_is_reached_and_short_enough_to_read():
    files = {path.stem: path for path in (ROOT / "pages").glob("*.py")}
    assert set(files) == {name for group in PAGES.values() for name in group}
    assert all(len(path.read_text().splitlines()) <= 120 for path in files.values())


def test_making_the_app_loads_no_heavy_library():
    code = (
        "import sys, app; "
        "print({'tensorflow', 'keras', 'pandas', 'scipy', 'sklearn', 'cv2'} & set(sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "set()"
