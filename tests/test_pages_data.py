"""The Data page: what is in a dataset, counted from the index itself."""

import json
import shutil
from collections import Counter

import numpy as np
import pandas as pd
import pytest
import standin_home
from page_runs import asked, open_app, words
from PIL import Image

from mammo_core.datasets import registry
from mammo_core.dicom import read_mammogram
from mammo_core.paths import REPOSITORY, write_json
from mammo_core.predictions import read_predictions, write_predictions
from mammo_core.reading.original import read_original
from mammo_ui import inventory, library, looking
from mammo_ui.inventory import find_refused

FOLDER = ".mammo/datasets/exams"


@pytest.fixture
def standin(home):
    standin_home.make_home(home, n_patients=6)
    return home


def read_index(home):
    return pd.read_parquet(home / FOLDER / "index.parquet")


def refuse(home, *pairs):
    """Write refused.csv."""
    frame = pd.DataFrame(pairs, columns=["file", "reason"])
    frame.to_csv(home / FOLDER / "refused.csv", index=False)


def test_the_cards_count_what_the_index_holds(standin):
    index = read_index(standin)
    index.loc[index.index[:3], ["gate", "split"]] = ["ask", None]
    index.to_parquet(standin / FOLDER / "index.parquet")
    refuse(standin, ("a.png", "blank"), ("b.png", "blank"))
    cards = {metric.label: metric.value for metric in open_app("data", dataset="exams").metric}
    patients = index["patient_id"].nunique()
    expected = {"Images": str(len(index)), "Patients": str(patients), "Refused": "2"}
    assert cards | expected | {"To decide": "3"} == cards


@pytest.mark.parametrize("column", ["view", "density", "manufacturer"])
def test_labels_are_counted_by_value_as_a_loop_over_the_images_counts_them(standin, column):
    index = read_index(standin)
    loop = Counter(zip(index[column], index["label"], strict=True))
    rows = inventory.count_labels("exams")[column]
    assert {(row["value"], row["label"]): row["n"] for row in rows if row["n"]} == loop
    shares = Counter()
    for row in rows:
        shares[row["value"]] += row["share"]
    assert all(total == pytest.approx(1) for total in shares.values())


def test_a_dataset_without_labels_is_shown_and_says_what_it_is_for(standin):
    read_index(standin).assign(label=None).to_parquet(standin / FOLDER / "index.parquet")
    card = standin / FOLDER / "dataset.json"
    write_json(card, json.loads(card.read_text()) | {"classes": []})
    at = open_app("data", dataset="exams")
    assert not at.exception
    assert "to predict on, not to train or evaluate with" in words(at)


@pytest.mark.parametrize("page", ["overview", "evaluate", "cases", "case"])
def test_without_labels_the_pages_that_judge_say_so(standin, page):
    table = standin / "models" / "demo" / "predictions" / "exams.parquet"
    frame = read_predictions(table).frame
    write_predictions(table, frame.assign(label=None), {})
    card = standin / FOLDER / "dataset.json"
    write_json(card, json.loads(card.read_text()) | {"classes": []})
    at = open_app(page, dataset="exams")
    assert not at.exception
    assert any("has no labels" in info.value for info in at.info)


def test_labels_by_birads_tell_the_mapping(standin):
    card = standin / FOLDER / "dataset.json"
    labels = {"scheme": "birads", "birads": {"1": "normal", "2": "benign", "3": "benign"}}
    write_json(card, json.loads(card.read_text()) | {"labels": labels})
    assert "1 = normal; 2, 3 = benign" in words(open_app("data", dataset="exams"))


def test_a_damaged_dataset_is_told_not_raised(standin):
    (standin / FOLDER / "index.parquet").write_bytes(b"no parquet")
    at = open_app("data", dataset="exams")
    assert not at.exception
    assert "damaged" in at.error[0].value


def test_refused_files_are_listed_with_the_count_of_each_reason(standin):
    refuse(standin, ("a.png", "blank"), ("b.png", "blank"), ("c.csv", "no image"))
    at = open_app("data", dataset="exams", tab="Refused")
    assert not at.exception
    assert "3 of 3 refused files" in words(at)
    tables = [frame.value.to_dict("records") for frame in at.dataframe]
    assert tables[0] == [{"files": 2, "reason": "blank"}, {"files": 1, "reason": "no image"}]


def test_a_picked_reason_leaves_its_own_files(standin):
    refuse(standin, ("a.png", "blank"), ("b.png", "blank"), ("c.csv", "no image"))
    at = open_app("data", dataset="exams", tab="Refused")
    at.session_state["refused_reasons"] = {"selection": {"rows": [1], "columns": []}}
    at.run()
    assert "1 of 3 refused files" in words(at)


@pytest.mark.parametrize("file", ["../../secret.png", "/etc/hostname", "gone.png", ""])
def test_a_refused_file_outside_of_the_source_is_never_opened(standin, file):
    (standin / ".mammo" / "secret.png").write_bytes(b"x")
    refuse(standin, (file, "blank"))
    assert find_refused(library.require_dataset("exams"), 0) is None


def test_a_refused_file_inside_of_the_source_is_found_by_its_number(standin):
    refuse(standin, ("gone.png", "blank"), ("images/mask.png", "a mask"))
    dataset = library.require_dataset("exams")
    assert find_refused(dataset, 1) == (standin / FOLDER / "images" / "mask.png").resolve()
    assert find_refused(dataset, 2) is None
    assert find_refused(dataset, -1) is None


def test_one_seed_draws_the_same_images_and_another_one_others():
    names = [f"image{n}" for n in range(500)]
    first = looking.draw_sample(names, 3)
    assert first == looking.draw_sample(names, 3)
    assert first != looking.draw_sample(names, 4)
    assert len(set(first)) == looking.AT_ONCE
    assert looking.draw_sample(names[:5], 0) != []


def test_an_image_of_the_address_opens_with_its_facts_and_each_step_to_the_model(standin):
    at = open_app("data", dataset="exams", tab="Look", image="S00001_LCC")
    assert not at.exception
    facts = {key: value for table in at.table for key, value in table.value.iloc[:, 0].items()}
    assert facts["Patient"] == "S00001"
    assert facts["File"] == "PNG"
    for step in ("As stored", "Read", "Crop to the breast", "Scale", "Window the breast", "Pad"):
        assert f"**{step}**" in words(at)


@pytest.mark.parametrize("image", ["../../etc/passwd", "<b>", "S1" * 3000])
def test_an_unknown_image_is_told(standin, image):
    at = open_app("data", dataset="exams", tab="Look", image=image)
    assert not at.exception
    assert "There is no image" in words(at)


def test_an_image_that_is_looked_at_is_left_with_its_dataset(standin):
    standin_home.write_dataset(standin / ".mammo" / "datasets" / "other", n_patients=1, seed=1)
    at = open_app("data", dataset="exams", tab="Look", image="S00001_LCC")
    at.sidebar.selectbox(key="dataset").set_value("other").run()
    assert not at.exception
    assert "image" not in at.query_params
    assert "drawn at random" in words(at)


def test_images_to_be_decided_about_are_called_so_in_the_composition(standin):
    index = read_index(standin)
    index.loc[:1, "split"] = None
    index.loc[:1, "gate"] = "ask"
    index.to_parquet(standin / FOLDER / "index.parquet")
    values = {row["value"] for row in inventory.count_labels("exams")["split"]}
    assert "to decide" in values
    assert "missing" not in values


def test_a_removed_dataset_leaves_the_list_and_its_images_stay(standin):
    standin_home.write_dataset(standin / ".mammo" / "datasets" / "other", n_patients=1, seed=1)
    images = sorted((standin / FOLDER / "images").iterdir())
    at = open_app("data", dataset="exams")
    at.button(key="remove_dataset").click().run()
    assert not at.exception
    assert library.dataset_names() == ["other"]
    assert "data **other**" in words(at)
    assert sorted((standin / FOLDER / "images").iterdir()) == images
    assert not (standin / FOLDER / "index.parquet").exists()


def test_what_is_indexed_elsewhere_is_only_forgotten(standin, tmp_path):
    standin_home.write_dataset(tmp_path / "mine", n_patients=1, seed=1)
    registry.register(tmp_path / "mine")
    registry.remove(tmp_path / "mine")
    assert "mine" not in library.dataset_names()
    assert (tmp_path / "mine" / "index.parquet").is_file()


def test_the_shipped_sample_cannot_be_removed(standin):
    standin_home.write_dataset(standin / "sample_data", n_patients=1, seed=1)
    assert not registry.is_removable(standin / "sample_data")
    assert registry.is_removable(standin / FOLDER)


def test_other_images_come_with_another_seed_in_the_address(standin):
    at = open_app("data", dataset="exams", tab="Look")
    next(button for button in at.button if button.label == "Others").click().run()
    assert asked(at, "draw") == "1"


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_a_pictures_own_values_come_untouched(tmp_path, dtype):
    rng = np.random.default_rng(0)
    values = rng.integers(7, np.iinfo(dtype).max, (60, 50)).astype(dtype)
    Image.fromarray(values).save(tmp_path / "a.png")
    original = read_original(tmp_path / "a.png")
    assert np.array_equal(original.values.astype(int) + original.lowest, values)
    assert (original.lowest, original.highest) == (values.min(), values.max())
    assert original.step == 1
    assert original.to_range().min() == 0
    assert original.to_range().max() == 1


def test_a_dataset_that_was_deleted_meanwhile_gives_way_to_another(standin):
    standin_home.write_dataset(standin / ".mammo" / "datasets" / "other", n_patients=1, seed=1)
    at = open_app("data", dataset="exams")
    shutil.rmtree(standin / FOLDER)
    at.run()
    assert not at.exception
    assert "data **other**" in words(at)


def test_without_its_last_dataset_the_page_says_what_to_do(standin):
    at = open_app("data", dataset="exams")
    shutil.rmtree(standin / FOLDER)
    at.run()
    assert not at.exception
    assert "There is no dataset yet" in at.info[0].value


def test_images_that_are_gone_are_told_and_the_rest_of_the_page_stays(standin):
    shutil.rmtree(standin / FOLDER / "images")
    at = open_app("data", dataset="exams", tab="Look", image="S00004_RMLO")
    assert not at.exception
    assert any("found none" in str(error.value) for error in at.error)
    assert "S00004_RMLO" in words(at).replace("\\", "")


def count_elements(at):
    return len([*at.markdown, *at.caption, *at.button, *at.checkbox, *at.expander, *at.error])


@pytest.mark.parametrize("tab", ["Composition", "Refused", "Look"])
def test_a_dataset_of_three_thousand_images_draws_hardly_more_than_a_small_one(standin, tab):
    small = count_elements(open_app("data", dataset="exams", tab=tab))
    index = pd.concat([read_index(standin)] * 125, ignore_index=True)
    index["image_id"] = [f"image{n}" for n in range(len(index))]
    index.attrs["fingerprint"] = "0123456789ab"
    index.to_parquet(standin / FOLDER / "index.parquet")
    refuse(standin, *((f"{n}.png", f"Reason {n % 7} (at {n})") for n in range(3000)))
    at = open_app("data", dataset="exams", tab=tab)
    assert not at.exception
    assert count_elements(at) <= small + 40


def test_the_window_that_a_file_asks_for_shows_its_values_as_the_reader_does():
    """Up to a gray level of 256: PS3.3 C.11.2.1.2 shifts LINEAR by half a value, the viewer not."""
    film = next((REPOSITORY / "sample_data" / "dicom").rglob("*.dcm"))
    original, shown = read_original(film), read_mammogram(film).pixels
    values = original.values.astype(float) + original.lowest
    by_viewer = np.clip((values - original.center) / original.width + 0.5, 0, 1)
    if original.is_inverse:
        by_viewer = 1 - by_viewer
    tissue = shown > 0
    assert tissue.mean() > 0.1
    assert np.abs(by_viewer - shown)[tissue].max() < 1 / 256
