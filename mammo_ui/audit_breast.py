"""A breast drawn schematically, its zones in the colors of the chart beside it."""

from collections.abc import Mapping

from mammo_ui.audit_charts import ZONE_COLORS
from mammo_ui.theme import MUTED

ALT = (
    "A schematic breast from the side: lesion, parenchyma and pectoral muscle within it, air and a "
    "burned-in marker beside it, the picture's border around all"
)
WIDTH, HEIGHT = 340, 200
DARK = "#000000"
NAMES = (
    ("pectoral", 12, 30, DARK),
    ("parenchyma", 80, 152, DARK),
    ("lesion", 92, 86, DARK),
    ("markers", 240, 56, MUTED),
    ("air", 240, 120, MUTED),
    ("border", 240, 186, MUTED),
)
"""Each zone's name: where it stands, and in which color."""


def draw_breast(shares: Mapping[str, float | None]) -> str:
    """An SVG of a left MLO view: each zone in its color, with its name and its share.

    Args:
        shares: {zone: share of evidence}, None where it is not known.
    """
    color = ZONE_COLORS
    shapes = (
        f'<rect x="3" y="3" width="334" height="194" fill="{color["air"]}" fill-opacity=".25" '
        f'stroke="{color["border"]}" stroke-width="6"/>',
        f'<path d="M6 6 H90 C190 40 235 95 215 125 C190 165 90 165 6 190 Z" '
        f'fill="{color["parenchyma"]}" fill-opacity=".75"/>',
        f'<path d="M6 6 H88 L6 130 Z" fill="{color["pectoral"]}"/>',
        f'<circle cx="120" cy="105" r="13" fill="{color["lesion"]}"/>',
        f'<rect x="240" y="18" width="46" height="20" fill="{color["markers"]}"/>',
        f'<text x="263" y="32" text-anchor="middle" fill="{DARK}">L MLO</text>',
    )
    texts = (
        f'<text x="{x}" y="{y}" fill="{fill}">{name}{_write(shares[name])}</text>'
        for name, x, y, fill in NAMES
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
        f'font-family="sans-serif" font-size="12">{"".join((*shapes, *texts))}</svg>'
    )


def _write(share: float | None) -> str:
    return "" if share is None else f" {share:.0%}"
