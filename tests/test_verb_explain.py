import json

import cv2
import keras
import numpy as np
import pytest

from mammo_core.attribution import METHODS
from mammo_core.cli import main
from mammo_core.config import to_mapping
from mammo_core.explanation_files import read_method_names
from mammo_core.model_store import CARD_KEYS, file_sha256
from mammo_core.preprocess import Preprocess
from mammo_core.synthetic_only import WARNING

CLASSES = ["normal", "benign", "malignant"]
PREPROCESS = Preprocess(size=(48, 32))


def build_network(channels):
    keras.utils.set_random_seed(0)
    image = keras.Input((48, 32, channels))
    conv = keras.layers.Conv2D(8, 3, strides=2, padding="same", activation="relu", name="conv")
    x = conv(image)
    x = keras.layers.GlobalAveragePooling2D()(x)
    return keras.Model(image, keras.layers.Dense(3, activation="softmax")(x))


def store(folder, network):
    folder.mkdir()
    network.save(folder / "model.keras")
    card = dict.fromkeys(CARD_KEYS) | {
        "classes": CLASSES,
        "input_shape": network.input_shape[1:],
        "preprocessing": to_mapping(PREPROCESS),
        "threshold": 0.5,
        "sha256": file_sha256(folder / "model.keras"),
    }
    (folder / "model.json").write_text(json.dumps(card))
    return folder


@pytest.fixture(scope="module")
def network():
    return build_network(channels=1)


@pytest.fixture
def model(tmp_path, network, home):
    return store(tmp_path / "model", network)


def draw_film(path, seed):
    """A bright half disc at the left edge of a black film."""
    rows, columns = np.mgrid[:200, :140]
    inside = ((rows - 100) / 90) ** 2 + (columns / 100) ** 2 < 1
    texture = np.random.default_rng(seed).normal(140, 25, inside.shape)
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), np.where(inside, texture, 0).clip(0, 255).astype(np.uint8))
    return path


@pytest.fixture
def films(tmp_path):
    return [draw_film(tmp_path / "films" / f"film{k}.png", k) for k in range(2)]


@pytest.fixture(scope="module")
def exams(tmp_path_factory):
    folder = tmp_path_factory.mktemp("exams") / "sample"
    run_quietly("sample", folder, "--patients", 2, "--seed", 3, "--size", "192x160")
    return folder


@pytest.fixture
def dataset(exams, home, tmp_path):
    run_quietly("index", exams, "--out", tmp_path / "dataset")
    return tmp_path / "dataset"


def test_settings_change_the_map_and_stand_in_its_facts(capsys, model, films, tmp_path):
    def explain(name, *more):
        words = ("--methods", "integrated_gradients", "--out", tmp_path / name, "--anyway", *more)
        _, answer, _ = run(capsys, "explain", model, films[0], "--target", "malignant", *words)
        with np.load(answer["maps"][0]["file"]) as kept:
            return kept["attribution"], json.loads(str(kept["facts"]))["settings"]["baseline"]

    usual, blurred = (
        explain("usual"),
        explain("blurred", "--set", "integrated_gradients.baseline=blurred"),
    )
    assert (usual[1], blurred[1]) == (0.0, "blurred")
    assert not np.allclose(usual[0], blurred[0])


def run_quietly(*words):
    with pytest.raises(SystemExit) as end:
        main([str(word) for word in (*words, "--json")])
    assert end.value.code == 0


def run(capsys, *words):
    capsys.readouterr()
    with pytest.raises(SystemExit) as end:
        main([str(word) for word in (*words, "--json")])
    out, err = capsys.readouterr()
    return end.value.code, json.loads(out) if out else None, err


def test_an_overlay_is_the_files_way_round_where_the_model_is_given_it_mirrored(
    capsys, model, films, tmp_path
):
    mirrored = tmp_path / "mirrored.png"
    cv2.imwrite(str(mirrored), cv2.imread(str(films[0]))[:, ::-1])
    question = "--out", tmp_path / "maps", "--methods", "saliency", "--target", "benign", "--anyway"
    code, answer, _ = run(capsys, "explain", model, films[0], mirrored, *question)
    assert code == 0
    ours, theirs = answer["maps"]
    maps = [np.load(one["file"])["attribution"] for one in (ours, theirs)]
    np.testing.assert_allclose(*maps, atol=1e-6 * np.abs(maps[0]).max())
    overlays = [cv2.imread(one["overlay"]).astype(int) for one in (ours, theirs)]
    np.testing.assert_allclose(overlays[0], overlays[1][:, ::-1], atol=1)
    left, right = np.array_split(overlays[0].mean(axis=(0, 2)), 2)
    assert left.mean() > right.mean()


def test_each_image_and_method_gets_a_map_and_an_overlay(capsys, model, films, tmp_path):
    out = tmp_path / "maps"
    words = ("--methods", "grad_cam,saliency", "--out", out, "--target", "malignant")
    code, answer, _ = run(capsys, "explain", model, *films, "--anyway", *words)
    assert code == 0
    told = [(m["image_id"], m["method"], m["target"]) for m in answer["maps"]]
    expected = [(f"film{k}", m, "malignant") for k in range(2) for m in ("grad_cam", "saliency")]
    assert told == expected
    for item in answer["maps"]:
        with np.load(out / f"{item['image_id']}.{item['method']}.npz", allow_pickle=False) as file:
            attribution = file["attribution"]
        assert attribution.shape == (48, 32)
        assert (item["on_air"] is None) == (np.ptp(attribution) == 0)
        assert 0 <= (item["on_air"] or 0) <= 1
        assert attribution.dtype == np.float32
        assert np.isfinite(attribution).all()
        assert cv2.imread(item["overlay"]).any()


def test_a_map_that_is_the_same_everywhere_is_said_to_say_nothing(capsys, films, home, tmp_path):
    network = build_network(channels=1)
    network.set_weights([np.zeros_like(one) for one in network.get_weights()])
    words = ("--anyway", "--methods", "saliency,center", "--out", tmp_path / "maps")
    code, answer, _ = run(capsys, "explain", store(tmp_path / "model", network), films[0], *words)
    assert code == 0
    silent, telling = answer["maps"]
    assert "says nothing" in silent["note"]
    assert "says nothing" not in telling["note"]
    colors = cv2.imread(silent["overlay"]).astype(int)
    assert np.ptp(colors, axis=2).max() == 0


def test_evidence_of_a_case_is_told_once_and_kept(capsys, model, dataset):
    import pandas as pd

    index = pd.read_parquet(dataset / "index.parquet").set_index("image_id")
    image_id = index["mask_path"].notna().idxmax()
    words = ("evidence", model, image_id, "--dataset", dataset, "--target", "malignant vs benign")
    metrics = ("--metrics", "energy_pointing,in_breast,class_sensitivity")
    code, answer, _ = run(capsys, *words, *metrics, "--methods", "grad_cam,edges")
    assert code == 0
    assert answer["target"] == "malignant vs benign"
    assert set(answer["methods"]) == {"grad_cam", "edges"}
    assert answer["refused"] == {}
    assert answer["methods"]["edges"]["class_sensitivity"] == 0
    assert 0 <= answer["methods"]["edges"]["energy_pointing"] <= 1
    assert run(capsys, *words, *metrics, "--methods", "edges")[1]["methods"] == {
        "edges": answer["methods"]["edges"]
    }


def test_evidence_names_the_measures_that_it_knows(capsys, model, dataset):
    words = ("evidence", model, "S00000_RCC", "--dataset", dataset, "--metrics", "in_breats")
    code, _, err = run(capsys, *words)
    assert code == 2
    assert "did you mean 'in_breast'" in err
    assert len(err.strip().splitlines()) == 1


def test_the_map_is_the_methods_own(capsys, model, films, network, tmp_path):
    from mammo_core.attribution import METHODS
    from mammo_core.keras_classifier import KerasClassifier
    from mammo_core.pixels import prepare_one

    words = ("--methods", "saliency", "--out", tmp_path, "--target", "benign")
    _, answer, _ = run(capsys, "explain", model, films[0], "--anyway", *words)
    image = prepare_one(films[0], PREPROCESS).image[None, ..., None]
    expected = METHODS["saliency"]().explain(KerasClassifier(network, CLASSES), image, "benign")[0]
    with np.load(answer["maps"][0]["file"]) as file:
        np.testing.assert_allclose(file["attribution"], expected, atol=1e-3 * expected.max())


def test_a_model_of_color_images_is_given_gray_ones(capsys, films, home, tmp_path):
    model = store(tmp_path / "model", build_network(channels=3))
    words = ("--methods", "saliency,grad_cam", "--out", tmp_path / "maps")
    code, answer, _ = run(capsys, "explain", model, films[0], "--anyway", *words)
    assert code == 0
    assert len(answer["maps"]) == 2


@pytest.mark.parametrize("is_prepared", [False, True])
def test_images_are_found_by_id(capsys, model, dataset, tmp_path, is_prepared):
    import pandas as pd

    image_id = pd.read_parquet(dataset / "index.parquet")["image_id"].iloc[-1]
    if is_prepared:
        run_quietly("prepare", dataset, "--size", "48x32")
    words = ("--dataset", dataset, "--methods", "saliency", "--out", tmp_path / "maps")
    code, answer, err = run(capsys, "explain", model, image_id, *words)
    assert code == 0, err
    assert [m["image_id"] for m in answer["maps"]] == [image_id]
    assert answer["maps"][0]["target"] in CLASSES


def test_an_unknown_id_is_told_with_the_closest(capsys, model, dataset, tmp_path):
    import pandas as pd

    known = pd.read_parquet(dataset / "index.parquet")["image_id"].iloc[0]
    words = ("--dataset", dataset, "--methods", "saliency", "--out", tmp_path / "maps")
    code, answer, err = run(capsys, "explain", model, known + "X", *words)
    assert (code, answer) == (2, None)
    assert err.count("\n") == 1
    assert f"'{known}X'" in err
    assert f"whose ids look like {known}" in err
    assert not (tmp_path / "maps").exists()


def test_all_stands_for_every_method_that_can_be_asked_so():
    assert read_method_names("all") == list(METHODS)
    looking = [name for name, method in METHODS.items() if method.access == "layer"]
    assert read_method_names("all", ("conv",)) == looking


MISTAKES = {
    "unknown method": (["--methods", "magic"], "known are: grad_cam"),
    "no method": (["--methods", ","], "Expected methods"),
    "unknown class": (["--target", "cancer"], "normal, benign, malignant"),
    "unknown dataset": (["--dataset", "nowhere"], "nowhere"),
    "no layer": (["--layer", ","], "Expected layers such as"),
    "layer of a method without": (
        ["--methods", "grad_cam,saliency", "--layer", "conv"],
        "saliency looks into no layer",
    ),
    "layer twice": (["--layer", "conv,conv"], "different layers to average"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_one_line(capsys, model, films, tmp_path, mistake):
    words, expected = MISTAKES[mistake]
    code, _, err = run(capsys, "explain", model, films[0], "--out", tmp_path / "maps", *words)
    assert code == 2
    assert err.count("\n") == 1
    assert expected in err


def test_an_unknown_layer_is_one_line_that_names_the_closest(
    capsys, caplog, model, films, tmp_path
):
    words = ("--anyway", "--layer", "konv", "--out", tmp_path / "maps")
    code, _, err = run(capsys, "explain", model, *films, *words)
    assert code == 2
    assert "No layer 'konv' gives a map; the closest are: conv" in err.splitlines()[-1]
    assert not caplog.records
    assert not (tmp_path / "maps").exists()


def test_where_one_method_refuses_the_others_are_shown(capsys, films, home, tmp_path):
    keras.utils.set_random_seed(0)
    image = keras.Input((48, 32, 1))
    dense = keras.layers.Dense(3, activation="softmax")(keras.layers.Flatten()(image))
    model = store(tmp_path / "model", keras.Model(image, dense))
    words = ("--anyway", "--methods", "grad_cam,saliency", "--out", tmp_path / "maps")
    code, answer, _ = run(capsys, "explain", model, films[0], *words)
    assert code == 0
    assert [m["method"] for m in answer["maps"]] == ["saliency"]
    (refused,) = answer["refused"]
    assert (refused["image_id"], refused["method"]) == ("film0", "grad_cam")
    assert "no convolutional map" in refused["reason"]


def test_a_word_that_is_no_file_asks_for_a_dataset(capsys, model, tmp_path):
    code, _, err = run(capsys, "explain", model, "mdb001", "--out", tmp_path)
    assert code == 2
    assert "--dataset" in err


def test_two_files_of_one_name_are_refused(capsys, model, films, tmp_path):
    twin = draw_film(tmp_path / "elsewhere" / films[0].name, 5)
    code, _, err = run(capsys, "explain", model, films[0], twin, "--out", tmp_path / "maps")
    assert code == 2
    assert "'film0' twice" in err


def test_a_file_that_is_no_image_is_one_line(capsys, model, tmp_path):
    (tmp_path / "noise.png").write_bytes(b"junk")
    code, _, err = run(capsys, "explain", model, tmp_path / "noise.png", "--out", tmp_path / "m")
    assert code == 2
    assert err.strip().count("\n") == 0


def test_a_model_whose_preprocessing_gives_another_size_is_refused(capsys, model, films, tmp_path):
    card = json.loads((model / "model.json").read_text())
    card["preprocessing"] = to_mapping(Preprocess(size=(64, 32)))
    (model / "model.json").write_text(json.dumps(card))
    code, _, err = run(capsys, "explain", model, films[0], "--out", tmp_path / "maps")
    assert code == 2
    assert "(64, 32)" in err


def test_a_cross_check_writes_the_librarys_maps_and_how_near_ours_are(
    capsys, model, films, tmp_path
):
    words = ("--methods", "saliency,hires_cam", "--out", tmp_path / "m", "--target", "malignant")
    code, answer, _ = run(capsys, "explain", model, films[0], "--anyway", "--cross-check", *words)
    assert code == 0
    saliency, hires_cam = answer["cross_checks"]
    assert saliency["rank_correlation"] > 0.999
    with np.load(tmp_path / "m" / "film0.saliency.library.npz") as theirs:
        assert theirs["attribution"].shape == (48, 32)
    assert hires_cam["rank_correlation"] is None
    assert "tf-keras-vis has no hires_cam" in hires_cam["note"]


def test_methods_lists_the_facts_of_each(capsys):
    from mammo_core.attribution import METHODS

    code, answer, _ = run(capsys, "methods")
    assert code == 0
    assert [m["name"] for m in answer["methods"]] == list(METHODS)
    assert all(m["title"] and m["reference"] and m["passes"] for m in answer["methods"])


def test_methods_of_a_model_tells_beforehand_what_explain_would_refuse(
    capsys, films, home, tmp_path
):
    keras.utils.set_random_seed(0)
    image = keras.Input((48, 32, 1))
    gelu = keras.layers.Conv2D(4, 3, activation="gelu")(image)
    dense = keras.layers.Dense(3, activation="softmax")(keras.layers.Flatten()(gelu))
    model = store(tmp_path / "model", keras.Model(image, dense))
    reason = run(capsys, "methods", "--model", model)[1]["refused"]["deep_shap"]
    words = ("--methods", "deep_shap", "--out", tmp_path / "maps", "--anyway")
    rule = reason.partition(" (")[0]
    assert rule in run(capsys, "explain", model, films[0], *words)[2]


def test_methods_of_a_model_lists_the_layers_that_explain_takes(capsys, model, films, tmp_path):
    code, answer, _ = run(capsys, "methods", "--model", model)
    assert code == 0
    names = [layer["name"] for layer in answer["layers"]]
    assert answer["default_layer"] == names[-1]
    assert answer["refused"] == {}
    assert [layer["name"] for layer in answer["layers"] if layer["convolution"]] == ["conv"]
    words = ("--anyway", "--methods", "hires_cam", "--layer", "conv", "--out", tmp_path / "maps")
    assert run(capsys, "explain", model, films[0], *words)[0] == 0


def test_what_is_no_mammogram_is_explained_only_when_insisted_on(capsys, model, films, tmp_path):
    words = ("explain", model, films[0], "--methods", "saliency", "--out", tmp_path / "maps")
    code, _, err = run(capsys, *words)
    assert code == 2
    assert "is no mammogram" in err
    assert not (tmp_path / "maps").exists()
    assert run(capsys, *words, "--anyway")[0] == 0


def test_an_erased_box_is_compared_with_random_ones_of_its_size(capsys, model, films):
    words = ("--region", "box:60,10,100,40", "--fill", "mean", "--random", 5, "--anyway")
    code, answer, _ = run(capsys, "erase", model, films[0], *words)
    assert code == 0
    assert answer["random_regions"] == {"wanted": 5, "found": 5}
    assert 0 < answer["share_of_breast"] < 0.5
    assert answer["probability"]["p"] >= 1 / 6
    top = ("--region", "top:saliency:0.05", "--random", 0, "--anyway", "--target", "malignant")
    code, answer, _ = run(capsys, "erase", model, films[0], *top)
    assert code == 0
    assert answer["share_of_breast"] <= 0.06
    assert answer["logit"]["p"] is None


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--region", "lesion"), "with a lesion mask, this one has none"),
        (("--region", "box:0,0,900,900"), "within 200 x 140 pixels"),
        (("--region", "somewhere"), "Expected a region as lesion"),
        (("--region", "top:grad_cem:0.1"), "grad_cem"),
        (("--region", "box:0,0,9,9", "--fill", "pink"), "Fill must be one of"),
    ],
)
def test_what_cannot_be_erased_is_told_in_one_line(capsys, model, films, words, told):
    code, answer, err = run(capsys, "erase", model, films[0], "--anyway", *words)
    assert (code, answer) == (2, None)
    assert told in err
    assert "Traceback" not in err


def test_an_export_lies_on_the_images_own_grid_and_tells_what_it_lacks(
    capsys, model, films, tmp_path
):
    words = ("--as", "npz,dicom-pm", "--methods", "saliency", "--target", "benign", "--anyway")
    code, answer, _ = run(capsys, "export", model, films[0], *words, "--out", tmp_path / "maps")
    assert code == 0
    (file,) = answer["files"]
    with np.load(file["file"], allow_pickle=False) as stored:
        assert stored["on_image"].shape == (200, 140)
    (missing,) = answer["unwritten"]
    assert (missing["method"], missing["format"]) == ("saliency", "dicom-pm")


def test_settings_change_the_exported_map(capsys, model, films, tmp_path):
    def export(name, *more):
        words = ("--as", "npz", "--methods", "integrated_gradients", "--target", "benign", *more)
        out = ("--anyway", "--out", tmp_path / name)
        code, answer, _ = run(capsys, "export", model, films[0], *words, *out)
        assert code == 0
        with np.load(answer["files"][0]["file"], allow_pickle=False) as stored:
            return stored["on_image"]

    blurred = export("blurred", "--set", "integrated_gradients.baseline=blurred")
    assert not np.allclose(export("usual"), blurred)


def test_a_model_of_synthetic_images_is_no_judge_of_real_ones(
    capsys, model, films, dataset, tmp_path
):
    card = json.loads((model / "model.json").read_text())
    card["dataset"] = {"name": "made", "synthetic": True}
    (model / "model.json").write_text(json.dumps(card))
    out = ("--methods", "center", "--out", tmp_path / "maps")
    real = (films[0], "--anyway", *out), ("S00000_RCC", "--dataset", dataset, *out)
    by_verb = [run(capsys, "explain", model, *words)[1]["warnings"] for words in real]
    assert by_verb == [[WARNING], []]
    box = ("--region", "box:60,10,100,40", "--random", 0, "--anyway")
    assert run(capsys, "erase", model, films[0], *box)[1]["warnings"] == [WARNING]
    taken = ("export", model, films[0], "--as", "npz", "--anyway", *out)
    assert run(capsys, *taken)[1]["warnings"] == [WARNING]
    index = json.loads((dataset / "dataset.json").read_text())
    (dataset / "dataset.json").write_text(json.dumps(index | {"synthetic": False}))
    of_case = ("evidence", model, "S00000_RCC", "--dataset", dataset, "--methods", "center")
    assert run(capsys, *of_case)[1]["warnings"] == [WARNING]


def test_evidence_of_nothing_is_told_with_each_methods_reason(capsys, dataset, home, tmp_path):
    keras.utils.set_random_seed(0)
    image = keras.Input((48, 32, 1))
    dense = keras.layers.Dense(3, activation="softmax")(keras.layers.Flatten()(image))
    model = store(tmp_path / "model", keras.Model(image, dense))
    words = ("S00000_RCC", "--dataset", dataset, "--methods", "grad_cam,layer_cam")
    code, answer, err = run(capsys, "evidence", model, *words)
    assert (code, answer) == (2, None)
    assert "grad_cam: " in err
    assert "layer_cam: " in err


def test_an_export_of_nothing_is_told_in_one_line(capsys, model, films, tmp_path):
    words = ("--as", "dicom-sc", "--anyway", "--out", tmp_path / "maps")
    code, answer, err = run(capsys, "export", model, films[0], *words)
    assert (code, answer) == (2, None)
    assert "this image is no DICOM file; take png or npz" in err
    assert not (tmp_path / "maps").exists()
