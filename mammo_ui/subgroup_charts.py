"""The points of groups and slices: how each stands to the rest, and a click that chooses one."""

from mammo_ui.charts import Spec
from mammo_ui.forest_charts import INTERVAL
from mammo_ui.theme import BLUE, GREEN, VERMILION

CLARITY = {"worse": VERMILION, "better": GREEN, "not told apart": BLUE}
"""What a group is beside the rest of the cases, all groups counted, and its color."""
SHAPES = ("triangle-left", "triangle-right", "circle")
TOOLTIP = ("group", "n", "patients", "positives", "p adjusted")


def judged_points(beside: str) -> Spec:
    """The points of `draw_forest`; color and shape say how each stands to the rest.

    The selection "group" is of the fields `group` and `place`. Fields besides: clarity and those
    of `TOOLTIP`.

    Args:
        beside: The field that tells in words how far a group is from the rest.
    """
    names = list(CLARITY)
    scale = {"domain": names, "range": list(CLARITY.values())}
    legend = {"orient": "top", "title": "Beside all other cases", "symbolSize": 90}
    return {
        "mark": {"type": "point", "filled": True, "size": 90, "opacity": 1, "cursor": "pointer"},
        "params": [{"name": "group", "select": {"type": "point", "fields": ["group", "place"]}}],
        "encoding": {
            "color": {"field": "clarity", "type": "nominal", "scale": scale, "legend": legend},
            "shape": {"field": "clarity", "type": "nominal", "legend": legend,
                      "scale": {"domain": names, "range": list(SHAPES)}},
            "tooltip": [*({"field": name} for name in (*TOOLTIP, beside)), *INTERVAL],
        },
    }  # fmt: skip
