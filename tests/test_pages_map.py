"""The map of cases and similar cases, without a browser."""

import functools
import json

import numpy as np
import pandas as pd
import pytest
from page_runs import asked, open_app, words
from prediction_rows import make_predictions

from mammo_core.embeddings.making import tabulate
from mammo_core.embeddings.storage import embeddings_path
from mammo_core.errors import BadDataset, BadModel
from mammo_core.image_sets import read_set
from mammo_core.predictions import write_predictions
from mammo_core.table_models.adoption import TableImport, adopt_table
from mammo_core.verbs.similar import similar
from mammo_ui import embedding_map, library

pytestmark = pytest.mark.usefixtures("absent_network")


def embed(n=48):
    """Embeddings of the stand-in's images, as `embed` keeps them."""
    model, dataset = library.find_model("demo"), library.require_dataset("exams")
    table = laid_out(n)
    facts = {"model_sha256": model.sha256, "dataset_fingerprint": dataset.version, "split": "all"}
    write_predictions(embeddings_path(model, "exams"), table, facts)
    return table["image_id"].tolist()


@functools.cache
def laid_out(n):
    """Random vectors of that many images with their places, which cost seconds to compute."""
    index = library.require_dataset("exams").index.sort_values("image_id")[:n]
    vectors = np.random.default_rng(0).normal(size=(n, 5)).astype(np.float32)
    return tabulate(index, vectors)


def open_map(**query):
    at = open_app("cases", **query)
    at.session_state["cases_tab"] = "Map"
    return at.run()


def drawn(at):
    return [json.loads(c.proto.spec) for c in at.get("plotly_chart")]


def test_without_embeddings_the_map_offers_to_make_them(standin):
    at = open_map()
    assert not at.exception
    assert "Make the map" in [button.label for button in at.button]


def test_a_table_without_a_network_is_offered_no_map(tmp_path, monkeypatch):
    monkeypatch.setenv("MAMMO_HOME", str(tmp_path))
    make_predictions(6).to_csv(tmp_path / "t.csv", index=False)
    adopt_table(TableImport(file=tmp_path / "t.csv"), "theirs")
    assert "no network that could look" in words(open_map())
    at = open_app("case", case="i0003")
    at.session_state["case_tab"] = "Similar"
    assert "Make the map" not in [button.label for button in (*open_map().button, *at.run().button)]
    assert "Prepare" not in [button.label for button in open_app("data").button]
    with pytest.raises(BadModel, match="without a network"):
        similar("theirs", "theirs", "i0003")


def test_an_id_that_the_dataset_lacks_is_told_and_not_taken_for_a_missing_embedding(standin):
    embed(40)
    with pytest.raises(BadDataset, match="has none with the id 'NOPE'"):
        similar("demo", "exams", "NOPE")


def test_the_legend_shows_a_circle_for_a_class_whose_cases_are_all_wrong():
    own = [{"image_id": "a", "true": "malignant", "predicted": "normal", "score": 0.1,
            "correct": False, "x": 0.0, "y": 0.0}]  # fmt: skip
    traces = embedding_map._draw(own, "tsne", "true", ("normal", "malignant"))["data"]
    [entry] = [trace for trace in traces if trace.get("showlegend", True)]
    assert (entry["name"], entry["marker"]["symbol"], entry["x"]) == ("malignant", "circle", [None])
    [points] = [trace for trace in traces if "customdata" in trace]
    assert (points["marker"]["symbol"], points["legendgroup"]) == ("x", entry["legendgroup"])


def test_every_chosen_image_has_a_point_in_the_color_of_its_class(standin):
    embed()
    traces = drawn(open_map())[0]["data"]
    assert sum(len(trace.get("customdata", ())) for trace in traces) == 48
    colors = {trace["marker"]["color"] for trace in traces if trace["name"] == "malignant"}
    assert colors == {"#d55e00"}


def test_the_map_obeys_the_filters(standin):
    embed()
    traces = drawn(open_map(true="malignant"))[0]["data"]
    assert {trace["name"] for trace in traces} == {"malignant"}


def test_images_without_a_place_are_counted(standin):
    embed(40)
    assert "8 of the 48 chosen images have no place on it" in words(open_map())


def test_what_a_lasso_holds_opens_as_a_selection(standin):
    first, second = embed()[:2]
    at = open_map()
    points = [{"customdata": image_id} for image_id in (first, second)]
    at.session_state["map_tsne_true"] = {"selection": {"points": points}}
    at.run()
    next(b for b in at.button if b.label == "Show these: 2 images").click().run()
    assert read_set(asked(at, "set")).image_ids == (first, second)


def test_the_way_to_what_is_drawn_around_is_above_the_map_before_anything_is(standin):
    embed()
    at = open_map()
    assert at.button(key="open_on_map").disabled
    kinds = [node.type for node in below(at.main) if node.type in ("button", "plotly_chart")]
    keys = [getattr(node, "key", None) for node in below(at.main) if node.type == "button"]
    n_before = kinds[: kinds.index("plotly_chart")].count("button")
    assert "open_on_map" in keys[:n_before]


def below(block):
    for child in getattr(block, "children", {}).values():
        yield child
        yield from below(child)


def test_more_points_than_a_browser_bears_are_sampled(standin, monkeypatch):
    embed()
    monkeypatch.setattr(embedding_map, "MOST", 10)
    at = open_map()
    assert sum(len(trace.get("customdata", ())) for trace in drawn(at)[0]["data"]) == 10
    assert "A random 10 of them are drawn" in words(at)


def test_names_from_a_table_are_no_markup_on_the_map():
    row = {"image_id": "<b>x</b>", "true": pd.NA, "predicted": "a&b", "score": 0.5}
    told = embedding_map._tell_case(row)
    assert "&lt;b&gt;x&lt;/b&gt;" in told
    assert "a&amp;b" in told


def test_similar_cases_stand_beside_an_open_one(standin):
    embed()
    at = open_app("case", case="S00001_LCC")
    at.session_state["case_tab"] = "Similar"
    at.run()
    assert not at.exception
    assert "other patients" in words(at)
