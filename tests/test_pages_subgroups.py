"""The tabs Subgroups and Slices of the Evaluate page, and the way from them to the cases."""

import shutil
from pathlib import Path

import altair as alt
import numpy as np
import pandas as pd
import pytest
import standin_home
from page_runs import open_app
from streamlit.testing.v1 import AppTest

from mammo_core.image_sets import read_set
from mammo_core.metrics.attributes import find_alike
from mammo_core.predictions import read_predictions
from mammo_ui import frame
from mammo_ui.forest_charts import PLAIN, draw_forest
from mammo_ui.subgroup_charts import judged_points

ROOT = Path(__file__).resolve().parents[1]

pytestmark = pytest.mark.usefixtures("absent_network")


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """Predictions that are right but for the scanner Borealis, and an echo of the truth."""
    folder = tmp_path_factory.mktemp("home")
    frame = standin_home.make_home(folder, n_patients=48)
    rng = np.random.default_rng(0)
    is_sick, is_blind = frame["label"] == "malignant", frame["manufacturer"] == "Borealis"
    p = np.where(is_sick & ~is_blind, 0.8, 0.15) + rng.uniform(-0.1, 0.1, len(frame))
    frame = frame.assign(p_malignant=p, p_normal=1 - p, p_benign=0.0)
    frame["marker"] = np.where(is_sick, "yes", "no")
    pd.DataFrame(frame).to_parquet(folder / "models" / "demo" / "predictions" / "exams.parquet")
    return folder


@pytest.fixture(autouse=True)
def used_home(home, monkeypatch):
    monkeypatch.setenv("MAMMO_HOME", str(home))


def open_tab(tab, picked=None, **query):
    """The Evaluate page at a tab, where a click on a place of the chart named in `picked`."""
    at = AppTest.from_file(str(ROOT / "mammo_ui" / "main.py"), default_timeout=60)
    at.query_params.update(query)
    at.run()
    at.switch_page("../pages/evaluate.py")
    at.query_params.update({"evaluate_tab": tab, **query})
    for key, place in (picked or {}).items():
        at.session_state[key] = {"selection": {"group": [{"group": "", "place": place}]}}
    return at.run()


def said(at):
    parts = (*at.markdown, *at.caption, *at.info, *at.warning)
    return "\n".join(str(part.value) for part in parts)


@pytest.fixture
def with_copies(home, tmp_path, monkeypatch):
    """The same home, its table with two columns that say the scanner over again."""
    shutil.copytree(home, tmp_path / "home")
    path = tmp_path / "home" / "models" / "demo" / "predictions" / "exams.parquet"
    table = pd.read_parquet(path)
    scanners = sorted(table["manufacturer"].unique())
    spacing = table["manufacturer"].map(dict(zip(scanners, (0.2, 0.1, 0.05), strict=False)))
    table.assign(pixel_spacing_mm=spacing, columns=(spacing * 1000).round()).to_parquet(path)
    monkeypatch.setenv("MAMMO_HOME", str(tmp_path / "home"))
    return table


def test_columns_that_split_the_images_alike_are_judged_once_and_named(with_copies):
    for tab in ("Subgroups", "Slices"):
        at = open_tab(tab)
        told = said(at).replace("\\", "")
        assert "The same images as Scanner: Pixel spacing in mm, Image width in pixels" in told
        groups = at.dataframe[-1].value["group"].tolist()
        assert not [name for name in groups if "Pixel" in name or "Image width" in name]
        assert any("Scanner" in name for name in groups)


def test_copies_of_a_filter_are_no_further_filters(with_copies):
    at = open_app("cases")
    at.toggle(key="more_filters").set_value(True).run()
    assert "The same images as Scanner: Pixel spacing in mm" in said(at).replace("\\", "")
    labels = [one.label for one in (*at.get("button_group"), *at.multiselect)]
    assert "Scanner" in labels
    assert not [label for label in labels if "Pixel" in label or "Image width" in label]


def test_columns_are_alike_where_their_groups_are_the_same_whatever_their_numbers():
    codes = {"a": [0, 1, 1, 2], "b": [5, 3, 3, -1], "c": [0, 1, 1, 1], "d": [9, 0, 0, 1]}
    found = find_alike({name: np.array(one, np.int8) for name, one in codes.items()})
    assert found == {"a": ("b", "d"), "c": ()}


def test_a_missing_p_value_is_a_dash_and_a_tiny_one_no_zero():
    told = frame.p_texts({"p": None, "p adjusted": 0.0004})
    assert told == {"p": frame.DASH, "p adjusted": "< 0.001"}


@pytest.mark.parametrize("tab", ["Subgroups", "Slices"])
def test_the_table_of_a_tab_holds_its_p_values_as_text(tab):
    table = open_tab(tab).dataframe[-1].value
    assert all(isinstance(cell, str) for name in ("p", "p adjusted") for cell in table[name])


def find_place(at, name):
    names = at.dataframe[-1].value["group"].tolist()
    return names.index(name)


@pytest.mark.parametrize("metric", ["AUROC", "Sensitivity", "Specificity"])
def test_the_subgroups_are_shown_with_their_differences(metric):
    at = open_tab("Subgroups", subgroup_metric=metric)
    assert not at.exception
    table = at.dataframe[-1].value
    assert {"Density a", "Scanner Aster", "View CC"} <= set(table["group"])
    assert (table["n"] < 192).all()
    assert f"{metric} " in said(at)


def test_sensitivity_moves_with_the_threshold():
    low, high = (
        open_tab("Subgroups", subgroup_metric="Sensitivity", threshold=str(t)).dataframe[-1].value
        for t in (0.05, 0.5)
    )
    places = (low["group"] == "Scanner Borealis"), (high["group"] == "Scanner Borealis")
    assert low[places[0]]["estimate"].item().startswith("1.00")
    assert high[places[1]]["estimate"].item().startswith("0.00")


def test_the_blind_scanner_is_the_first_slice_by_sensitivity():
    at = open_tab("Slices", slice_metric="Sensitivity")
    assert not at.exception
    assert at.dataframe[-1].value["group"][0] == "Scanner Borealis"
    assert "worse than the rest beyond chance" in said(at)


@pytest.mark.parametrize("tab", ["Subgroups", "Slices"])
def test_a_column_that_tells_the_truth_by_itself_raises_the_alarm(tab):
    assert any("Marker alone ranks malignant" in str(one.value) for one in open_tab(tab).warning)


def test_a_click_on_a_value_opens_its_cases_as_a_filter():
    place = find_place(open_tab("Subgroups"), "Density b")
    at = open_tab("Subgroups", {"subgroups": place})
    assert at.title[0].value == "Cases"
    assert at.query_params["density"] in ("b", ["b"])


def test_a_click_on_a_column_without_a_filter_opens_a_set_of_its_images(home):
    place = find_place(open_tab("Slices", slice_metric="Error rate at the threshold"), "marker yes")
    at = open_tab("Slices", {"slices": place}, slice_metric="Error rate at the threshold")
    assert at.title[0].value == "Cases"
    key = at.query_params["set"]
    kept = read_set(key[0] if isinstance(key, list) else key)
    table = read_predictions(home / "models" / "demo" / "predictions" / "exams.parquet").frame
    assert kept.title == "marker yes"
    assert set(kept.image_ids) == set(table["image_id"][table["marker"] == "yes"])


def test_a_support_that_nothing_has_says_what_to_do():
    at = open_tab("Slices", slice_patients="900")
    assert not at.exception
    assert "Ask for fewer patients" in said(at)


def test_a_single_row_of_a_forest_has_room_beside_legend_and_axis():
    look = {"reference": 0.0, "points": judged_points("gap")}
    heights = [draw_forest("x", ["g"] * n, **look)["height"] for n in (1, 2)]
    assert heights[0] > 100
    assert heights[1] - heights[0] >= 20


def test_the_overview_raises_the_alarm_beside_the_auroc():
    at = AppTest.from_file(str(ROOT / "mammo_ui" / "main.py"), default_timeout=60).run()
    assert at.title[0].value == "Overview"
    assert any("Marker alone ranks malignant" in str(one.value) for one in at.warning)


@pytest.mark.parametrize("points", [PLAIN, judged_points("gap")], ids=["plain", "judged"])
def test_a_forest_is_a_chart_with_a_row_a_group_in_their_order(points):
    spec = draw_forest("AUROC", ["b", "a"], reference=0.5, points=points)
    rows = [{"group": "a", "value": 0.7, "low": None, "high": None}]
    alt.Chart.from_dict(spec | {"data": {"values": rows}}).to_dict()
    line, *layers = spec["layer"]
    assert line["data"]["values"] == [{"reference": 0.5}]
    assert all(one["encoding"]["y"]["scale"]["domain"] == ["b", "a"] for one in layers)
