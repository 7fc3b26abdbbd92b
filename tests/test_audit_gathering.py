"""What an audit keeps in memory of its images: all that its figures need, and little else."""

import json
import tracemalloc

import numpy as np
import pytest
from made_records import make_record, make_records

from mammo_core.attribution import METHODS
from mammo_core.audit.figures import Figures
from mammo_core.audit.gathering import Gathering
from mammo_core.audit.zones import BREAST, ZONES
from mammo_core.evidence import METRICS

EVERYTHING = {name: dict.fromkeys(METRICS, 0.123456) for name in METHODS}
N = 100


def gather(records):
    return Gathering.of(records, tuple(METHODS), tuple(METRICS))


@pytest.mark.parametrize(("columns", "most"), [(EVERYTHING, 8_000), ({}, 3_500)])
def test_an_image_leaves_little_behind_in_memory(columns, most):
    text = json.dumps(make_record(0, values=columns))
    gather(json.loads(text) for _ in range(2))
    tracemalloc.start()
    kept = gather(json.loads(text) for _ in range(N))
    left = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    assert len(kept.looks) == N
    assert left / N < most


def test_images_that_were_only_blanked_have_no_part_in_figures():
    found = gather([make_record(0, values={"saliency": {"iou": 0.5}}), make_record(1)])
    assert len(found.to_figures()) == 1
    assert found.count_patients() == 2
    assert [facts["image_id"] for facts in found.list_facts()] == ["I0", "I1"]


def test_figures_are_of_the_methods_that_gave_a_map():
    one = make_record(0, values={"saliency": {"iou": 0.5}}, refused={"deep_shap": "swish"})
    two = make_record(1, values={"edges": {"iou": 0.25}}, refused={"deep_shap": "again"})
    found = gather([one, two])
    figures = found.to_figures()
    assert figures.methods == ("saliency", "edges")
    iou = figures.values[:, figures.metrics.index("iou")]
    np.testing.assert_array_equal(iou, [[0.5, np.nan], [np.nan, 0.25]])
    assert found.list_refused() == {"deep_shap": {"n": 2, "reason": "swish"}}


def test_the_table_has_a_row_an_image_and_method_that_gave_a_map():
    records = [*make_records({"saliency": {"iou": 0.5}, "edges": {"iou": 0.2}}, n=3)]
    records.append(make_record(9, values={"edges": {"iou": 0.3}}, label="normal"))
    figures = Figures.of(records, ("saliency", "edges"), ("iou",))
    table = figures.to_table()
    assert list(zip(table["image_id"], table["method"], strict=True)) == [
        *((f"I{k}", name) for k in range(3) for name in ("saliency", "edges")),
        ("I9", "edges"),
    ]
    told = [r["methods"][m]["metrics"]["iou"] for r in records for m in r["methods"]]
    np.testing.assert_allclose(table["iou"], told, rtol=1e-6)
    assert table["is_telling"].all()
    assert {f"share_{zone}" for zone in (*ZONES, BREAST)} <= set(table.columns)
    assert table["lesion"].isna().tolist() == [False] * 6 + [True]
