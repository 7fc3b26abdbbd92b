"""Histograms of the scores by true class: counted once per rows, drawn, and opened bar by bar."""

import json
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

from mammo_core.metrics.curve_tables import tabulate_scores
from mammo_ui.charts import Row, Spec
from mammo_ui.chosen_rows import Rows, read_rows
from mammo_ui.theme import MUTED

if TYPE_CHECKING:
    from mammo_core.metrics.score_histogram import ScoreHistogram

UNITS = {"share": "Share of the class", "n": "Counts"}
FILLED = 0.9
"""Share of a bin's width that its bars fill."""


@lru_cache(maxsize=8)
def count_scores(rows: Rows) -> "ScoreHistogram":
    """The histogram of the rows' scores for the positive class."""
    from mammo_core.metrics import score_histogram

    units = read_rows(rows)
    return score_histogram.count_scores(units, len(units.classes) - 1)


def find_images(rows: Rows, true: str, lower: float) -> list[str]:
    """The images of a bar: of that true class, in the bin that begins at `lower`."""
    from mammo_core.metrics.score_histogram import find_bins

    units = read_rows(rows)
    edges = count_scores(rows).edges
    places = find_bins(units.probabilities[:, -1], len(edges) - 1)
    is_of_class = units.labels == units.class_index(true)
    return units.image_ids(is_of_class & (places == abs(edges - lower).argmin()))


def tabulate(histogram: "ScoreHistogram", classes: Sequence[str]) -> list[Row]:
    """A row a bar that is not empty, bin by bin.

    Args:
        histogram: As the core counts it.
        classes: Of the histogram.
    """
    return sorted(tabulate_scores(histogram, classes), key=lambda row: float(row["from"]))


def part_bin(n: int) -> list[tuple[float, float]]:
    """Where in a bin, from 0 to 1, each of n bars begins and ends: side by side."""
    start, width = (1 - FILLED) / 2, FILLED / n
    return [(start + place * width, start + (place + 1) * width) for place in range(n)]


def _stand_side_by_side(classes: Sequence[str]) -> list[dict[str, str]]:
    """Vega transforms that give each class its part of a bin, so that no bar hides another."""
    part = f"{json.dumps(part_bin(len(classes)))}[indexof({json.dumps(classes)}, datum['class'])]"
    return [
        {"calculate": f"datum.from + (datum.to - datum.from) * {part}[{end}]", "as": name}
        for end, name in enumerate(("left", "right"))
    ]


def draw_histogram(
    colors: Mapping[str, str], positive: str, unit: str, noun: str, threshold: float
) -> Spec:
    """Bars over the score with the threshold as a line; a bar can be clicked (selection "bar").

    Args:
        colors: The color of each class.
        positive: The class whose probability is the score.
        unit: A key of `UNITS`.
        noun: What is counted, such as "images".
        threshold: From which a case is called.
    """
    x = {"type": "quantitative", "title": f"Probability of {positive}",
         "scale": {"domain": [0, 1], "nice": False}}  # fmt: skip
    height = {"field": unit, "type": "quantitative", "stack": None,
              "title": f"Share of the class's {noun}" if unit == "share" else noun.capitalize(),
              "axis": {"format": ".0%"} if unit == "share" else {"tickMinStep": 1}}  # fmt: skip
    select = {"type": "point", "fields": ["class", "from"]}
    bars = {
        "mark": {"type": "bar", "opacity": 1, "cursor": "pointer", "binSpacing": 0},
        "transform": _stand_side_by_side(list(colors)),
        "params": [{"name": "bar", "select": select}],
        "encoding": {
            "x": {**x, "field": "left", "bin": "binned"},
            "x2": {"field": "right"},
            "y": height,
            "color": {"field": "class", "type": "nominal",
                      "legend": {"title": "Truth", "orient": "top", "titleOrient": "left"},
                      "scale": {"domain": list(colors), "range": list(colors.values())}},
            "tooltip": [{"field": "class", "title": "Truth"},
                        {"field": "from", "format": ".3f"}, {"field": "to", "format": ".3f"},
                        {"field": "n", "title": noun.capitalize()},
                        {"field": "share", "format": ".1%", "title": "Share of the class"}],
        },
    }  # fmt: skip
    line = {"mark": {"type": "rule", "color": MUTED, "strokeWidth": 2, "strokeDash": [6, 3]},
            "data": {"values": [{"threshold": threshold}]},
            "encoding": {"x": {**x, "field": "threshold"}}}  # fmt: skip
    return {"height": 300, "encoding": {}, "layer": [bars, line]}
