"""The way of the data, end to end by the command line: sample, index, train, predict, judge."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from mammo_core import cli

SETTINGS = ("recipe=whole_image", "image_size=64x48", "epochs=2", "augmentation=light", "seed=3")


def run(capsys, *words):
    """(exit code, JSON or None, stderr) of one verb."""
    with pytest.raises(SystemExit) as end:
        cli.main([*map(str, words), "--json"])
    out, err = capsys.readouterr()
    return end.value.code, json.loads(out) if out else None, err


def train_words(dataset, out, *more):
    return ["train", dataset, "--out", out, *(w for s in (*SETTINGS, *more) for w in ("--set", s))]


@pytest.fixture(scope="module")
def way(tmp_path_factory):
    """A home with a dataset of 12 tiny patients."""
    folder = tmp_path_factory.mktemp("way")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MAMMO_HOME", str(folder / "home"))
        for words in (
            ["sample", folder / "raw", "--patients", 12, "--seed", 5, "--size", "160x128"],
            ["index", folder / "raw", "--out", folder / "data"],
        ):
            with pytest.raises(SystemExit) as end:
                cli.main([*map(str, words), "--json"])
            assert end.value.code == 0
        yield folder


@pytest.fixture(scope="module")
def trained(way):
    with pytest.raises(SystemExit) as end:
        cli.main(list(map(str, train_words(way / "data", way / "home" / "models" / "tiny"))))
    assert end.value.code == 0
    return way / "home" / "models" / "tiny"


def test_a_model_folder_is_whole(trained):
    card = json.loads((trained / "model.json").read_text())
    assert card["classes"] == ["normal", "benign", "malignant"]
    assert card["input_shape"] == [64, 48, 1]
    assert card["training"]["epochs"] == 2
    assert len((trained / "history.csv").read_text().splitlines()) == 3
    assert (trained / "card.md").read_text().startswith("# tiny")
    assert not (trained / "checkpoint.npz").exists()


def test_the_same_command_trains_no_more(trained, way, capsys):
    before = (trained / "model.keras").stat().st_mtime_ns
    code, answer, _ = run(capsys, *train_words(way / "data", trained))
    assert code == 0
    assert answer["epochs"] == 2
    assert (trained / "model.keras").stat().st_mtime_ns == before


def test_other_settings_need_another_folder(trained, way, capsys):
    code, _, err = run(capsys, *train_words(way / "data", trained, "epochs=5"))
    assert code == 2
    assert "other settings" in err


def test_the_prediction_table_holds_every_image_once(trained, way, capsys):
    code, answer, _ = run(capsys, "predict", "tiny", way / "data")
    assert (code, answer["rows"]) == (0, 48)
    table = pd.read_parquet(answer["table"])
    index = pd.read_parquet(way / "data" / "index.parquet")
    assert sorted(table["image_id"]) == sorted(index["image_id"])
    probabilities = table[["p_normal", "p_benign", "p_malignant"]].to_numpy()
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, atol=1e-5)
    assert "path" not in table


def test_evaluation_counts_the_test_split(trained, way, capsys):
    code, answer, _ = run(capsys, "evaluate", "tiny", way / "data", "--bootstrap", 50)
    index = pd.read_parquet(way / "data" / "index.parquet")
    assert code == 0
    assert answer["n"] == (index["split"] == "test").sum() == np.sum(answer["confusion"])


@pytest.mark.parametrize("method", ["tta", "mc_dropout"])
def test_several_passes_are_kept_for_every_image(trained, way, capsys, method):
    words = ["--method", method, "--passes", 3]
    code, answer, _ = run(capsys, "uncertainty", "tiny", way / "data", *words)
    assert (code, answer["rows"], answer["passes"]) == (0, 48, 3)
    assert Path(answer["table"]) == trained / "uncertainty" / f"data.{method}.parquet"
    assert (pd.read_parquet(answer["table"])["std"] > 0).all()


def test_sets_and_referral_are_chosen_on_validation_patients(trained, way, capsys):
    index = pd.read_parquet(way / "data" / "index.parquet")
    code, sets, _ = run(capsys, "conformal", "tiny", way / "data", "--coverage", 0.5)
    assert code == 0
    assert sets["calibration"]["n"] == (index["split"] == "val").sum()
    assert sets["n"] == (index["split"] == "test").sum()
    code, referral, _ = run(capsys, "referral", "tiny", way / "data", "--share", 0.25)
    assert (code, referral["n"]) == (0, sets["n"])
    assert referral["validation_limits"]["n"] == sets["calibration"]["n"]


def test_explaining_writes_a_map_and_an_overlay_each(trained, way, capsys):
    image = pd.read_parquet(way / "data" / "index.parquet")["image_id"].iloc[0]
    words = ["--dataset", way / "data", "--methods", "grad_cam,saliency", "--out", way / "maps"]
    code, answer, _ = run(capsys, "explain", "tiny", image, *words)
    assert (code, len(answer["maps"])) == (0, 2)
    assert len(list((way / "maps").glob("*.png"))) == 2


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["train", "no_data", "--out", "x"], "no_data"),
        (["predict", "no_model", "DATA"], "no_model"),
        (["predict", "tiny", "no_data"], "no_data"),
        (["predict", "tiny", "DATA", "--split", "dev"], "dev"),
        (["evaluate", "tiny", "DATA", "--split", "dev"], "dev"),
        (["uncertainty", "tiny", "DATA", "--method", "guess"], "tta, mc_dropout"),
        (["uncertainty", "tiny", "DATA", "--split", "dev"], "dev"),
        (["conformal", "tiny", "DATA", "--coverage", "2"], "between 0 and 1"),
        (["conformal", "tiny", "DATA", "--calibrate-on", "dev"], "dev"),
        (["referral", "tiny", "DATA", "--share", "1"], "below 1"),
        (["explain", "tiny", "no_image", "--dataset", "DATA", "--out", "x"], "no_image"),
        (["train", "DATA", "--out", "NEW", "--set", "no_such=1"], "no_such"),
        (["train", "DATA", "--out", "NEW", "--set", "architecture=no_such_net"], "no_such_net"),
        (["train", "DATA", "--out", "NEW", "--config", "none.toml"], "none.toml"),
        (["train", "DATA", "--out", "DATA"], "holds no training"),
    ],
)
def test_bad_input_is_one_line_and_exit_2_and_leaves_nothing(trained, way, capsys, words, says):
    places = {"DATA": way / "data", "NEW": way / "new"}
    code, answer, err = run(capsys, *(places.get(word, word) for word in words))
    assert (code, answer) == (2, None)
    assert len(err.strip().splitlines()) == 1
    assert says in err
    assert not (way / "new").exists()


@pytest.mark.parametrize("part", ["model.keras", "model.json"])
def test_a_model_with_a_part_missing_is_told(trained, way, capsys, part):
    aside = trained.parent / f"{part}.aside"
    (trained / part).rename(aside)
    code, _, err = run(capsys, "predict", "tiny", way / "data")
    aside.rename(trained / part)
    assert code == 2
    assert part in err


def test_a_network_that_was_swapped_is_refused(trained, way, capsys):
    network = trained / "model.keras"
    content = network.read_bytes()
    network.write_bytes(content + b"x")
    code, _, err = run(capsys, "predict", "tiny", way / "data")
    network.write_bytes(content)
    assert code == 2
    assert "SHA-256" in err
