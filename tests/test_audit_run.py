"""An audit goes on where it was stopped, tells a planted shortcut, and survives refusals."""

import json
import os
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import standin_home
from linear_classifier import LinearClassifier
from PIL import Image

from mammo_core.attribution import METHODS
from mammo_core.audit.badges import read_badges
from mammo_core.audit.extent import Extent
from mammo_core.audit.options import AuditOptions
from mammo_core.audit.run import audit_model
from mammo_core.audit.sampling import order_images
from mammo_core.audit.storage import (
    audit_folder,
    count_explained,
    is_judged_by_other_rules,
    read_audit,
    read_table,
)
from mammo_core.cli import main
from mammo_core.config import to_mapping
from mammo_core.datasets import load_dataset
from mammo_core.errors import BadConfiguration, Cancelled, MammoError
from mammo_core.model_store import find_model
from mammo_core.paths import read_json, write_json
from mammo_core.pixels import prepare_one
from mammo_core.preprocess import Preprocess

ASKED = ("input_x_gradient", "saliency", "random")
METRICS = ("deletion", "energy_pointing", "iou", "class_sensitivity")
OPTIONS = AuditOptions(methods=ASKED, metrics=METRICS)
PREPROCESS = Preprocess(size=(40, 32), crop=False, background="keep")
CLASSES = ("normal", "malignant")
N_PATIENTS = 18


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A home with films of which the malignant ones have a bright plate, and a model's card."""
    home = tmp_path_factory.mktemp("audited")
    folder = home / ".mammo" / "datasets" / "tagged"
    index = standin_home.write_dataset(folder, N_PATIENTS, seed=0)
    index = index[index["view"].eq("CC") & index["laterality"].eq("L")]
    index["label"] = index["label"].where(index["label"].ne("benign"), "malignant")
    index.attrs["fingerprint"] = "0123456789ab"
    index.to_parquet(folder / "index.parquet")
    card = read_json(folder / "dataset.json")
    write_json(folder / "dataset.json", {**card, "classes": CLASSES})
    for row in index[index["label"].eq("malignant")].itertuples():
        burn_plate(folder / row.path)
    standin_home.write_card(home / "models" / "demo")
    card = read_json(home / "models" / "demo" / "model.json")
    card |= {
        "classes": CLASSES,
        "input_shape": [40, 32, 1],
        "preprocessing": to_mapping(PREPROCESS),
    }
    write_json(home / "models" / "demo" / "model.json", card)
    return home


def burn_plate(path):
    pixels = np.asarray(Image.open(path)).copy()
    pixels[4:12, 52:62] = 255
    Image.fromarray(pixels).save(path)


def see_plate():
    """A classifier whose evidence is the brightness of the plate's rectangle and nothing else."""
    weights = np.zeros((40, 32, 1), np.float32)
    weights[2:6, 26:31] = 1
    model = LinearClassifier(weights * 4 / weights.sum())
    logits = model.logits
    model.logits = lambda images: logits(images) + np.float32([1, -1])
    return model


class Pixels:
    """Stands in for the pixel cache, whose gate would ask about such films."""

    def __init__(self, dataset):
        self.dataset = dataset

    def images(self, image_ids):
        paths = map(self.dataset.file_of, image_ids)
        return np.stack([prepare_one(path, PREPROCESS).image for path in paths])[..., None]


def stand_in(home, monkeypatch, model):
    monkeypatch.setenv("MAMMO_HOME", str(home))
    monkeypatch.setattr("mammo_core.audit.run._load", lambda stored, progress: model)
    monkeypatch.setattr(
        "mammo_core.audit.run.open_images", lambda stored, data, progress: (data, Pixels(data))
    )


def run(home, monkeypatch, model, options=OPTIONS, progress=lambda *_: None):
    stand_in(home, monkeypatch, model)
    return audit_model(find_model("demo"), load_dataset("tagged"), options, progress)


@pytest.fixture(scope="module")
def seen_tag(made):
    """The summary of a model that sees the plate alone, and its table."""
    with pytest.MonkeyPatch.context() as patch:
        summary = run(made, patch, see_plate())
        folder = audit_folder(find_model("demo"), "tagged", "test")
        return summary, read_table(folder)


def test_a_planted_shortcut_is_told_in_words(seen_tag):
    verdict = seen_tag[0]["shortcuts"]["verdict"]
    assert verdict["level"] == "doubt"
    assert verdict["words"].startswith("Looks at the tag: AUROC falls from 1.00 to 0.50")
    assert seen_tag[0]["headline"].startswith(verdict["words"])


def test_evidence_that_lies_on_the_plate_is_found_there(seen_tag):
    zones = seen_tag[0]["shortcuts"]["zones"]
    assert zones["markers"]["methods"]["input_x_gradient"]["value"] == pytest.approx(1, abs=0.05)
    assert zones["breast"]["methods"]["input_x_gradient"]["value"] == pytest.approx(0, abs=0.05)


def test_a_run_that_was_stopped_goes_on_to_the_same_table(seen_tag, made, tmp_path, monkeypatch):
    shutil.copytree(made, tmp_path / "home", ignore=shutil.ignore_patterns("audit"))
    model = see_plate()

    def stop(done, total, doing):
        if doing.startswith("Image 6 of"):
            raise Cancelled("Stopped by the user")

    with pytest.raises(Cancelled):
        run(tmp_path / "home", monkeypatch, model, progress=stop)
    kept = list((tmp_path / "home").glob("models/demo/audit/*/cases/*"))
    assert 0 < len(kept) < N_PATIENTS
    summary = run(tmp_path / "home", monkeypatch, model)
    table = read_table(audit_folder(find_model("demo"), "tagged", "test"))
    pd.testing.assert_frame_equal(
        table.drop(columns="seconds"), seen_tag[1].drop(columns="seconds")
    )
    assert drop_seconds(summary) == drop_seconds(seen_tag[0])


def test_images_that_are_only_blanked_are_not_counted_as_explained(made, tmp_path, monkeypatch):
    shutil.copytree(made, tmp_path / "home", ignore=shutil.ignore_patterns("audit"))
    options = AuditOptions(methods=("saliency",), metrics=("iou",), limit=3)
    told = []
    home = tmp_path / "home"
    run(home, monkeypatch, see_plate(), options, lambda *now: told.append(now[2].split(":")[0]))
    works = [f"Image {k} of 3" for k in (1, 2, 3)]
    works += [f"Blanking image {k} of {N_PATIENTS}" for k in range(4, N_PATIENTS + 1)]
    assert [one for one in dict.fromkeys(told) if "mage" in one] == works
    assert count_explained(audit_folder(find_model("demo"), "tagged", "test")) == 3


SMALLER = ["audit", "demo", "tagged", "--methods", "saliency", "--metrics", "iou", "--limit", "3"]


def call(capsys, *words):
    with pytest.raises(SystemExit) as end:
        main([*words, "--json"])
    assert end.value.code == 0
    return json.loads(capsys.readouterr().out)


@pytest.fixture
def audited_home(seen_tag, made, tmp_path, monkeypatch):
    """A home of its own with a whole audit, and where that lies."""
    stand_in(shutil.copytree(made, tmp_path / "home"), monkeypatch, see_plate())
    audit_model(find_model("demo"), load_dataset("tagged"), OPTIONS, replace=True)
    return audit_folder(find_model("demo"), "tagged", "test")


def test_a_smaller_audit_answers_and_leaves_the_larger_one_in_its_place(audited_home, capsys):
    kept, names = read_audit(audited_home), set(os.listdir(audited_home / "cases"))
    answer = call(capsys, *SMALLER)
    assert answer["n"] == 3
    assert f"larger audit of {N_PATIENTS} images stays" in answer["larger_kept"]
    assert read_audit(audited_home) == kept
    assert names < set(os.listdir(audited_home / "cases"))
    assert count_explained(audited_home) == N_PATIENTS
    with pytest.raises(SystemExit):
        main(SMALLER)
    assert "--replace" in capsys.readouterr().out


def test_told_to_replace_it_the_smaller_one_takes_its_place(audited_home, capsys):
    answer = call(capsys, *SMALLER, "--replace")
    assert answer["larger_kept"] == ""
    assert read_audit(audited_home)["n"] == 3
    assert len(read_table(audited_home)) == 3 * len({"saliency", "edges", "center"})


@pytest.mark.parametrize(
    "more", [{"metrics": ("insertion",)}, {"methods": ("random_smooth",)}, {"seed": 1}]
)
def test_only_a_part_of_what_is_kept_is_smaller(audited_home, monkeypatch, more):
    options = AuditOptions(**{"methods": ("saliency",), "metrics": ("iou",), "limit": 2} | more)
    summary = audit_model(find_model("demo"), load_dataset("tagged"), options)
    assert drop_seconds(read_audit(audited_home)) == drop_seconds(json.loads(json.dumps(summary)))


@pytest.mark.parametrize("options", [OPTIONS, AuditOptions(methods=ASKED, limit=5)])
def test_what_an_audit_will_hold_is_foreseen(made, monkeypatch, options):
    summary = run(made, monkeypatch, see_plate(), options)
    index = load_dataset("tagged").index
    foreseen, found = Extent.foresee(index, options), Extent.of(summary)
    assert not foreseen.is_within(found)
    assert not found.is_within(foreseen)


def test_verdicts_of_other_rules_count_as_none_and_nothing_is_measured_again(
    audited_home, monkeypatch
):
    kept = read_audit(audited_home)
    write_json(audited_home / "summary.json", kept | {"version": kept["version"] - 1})
    assert read_audit(audited_home) is None
    assert is_judged_by_other_rules(audited_home)
    monkeypatch.setattr("mammo_core.audit.run.measure_case", refuse_to_measure)
    audit_model(find_model("demo"), load_dataset("tagged"), OPTIONS)
    assert drop_seconds(read_audit(audited_home)) == drop_seconds(kept)
    assert not is_judged_by_other_rules(audited_home)


def drop_seconds(summary):
    return {name: value for name, value in summary.items() if name != "seconds"}


def test_what_was_measured_is_not_measured_again(seen_tag, made, monkeypatch):
    def refuse(*arguments, **options):
        raise AssertionError("an image was measured twice")

    monkeypatch.setattr("mammo_core.audit.run.measure_case", refuse)
    monkeypatch.setattr("mammo_core.audit.run.explain_again", refuse)
    summary = run(made, monkeypatch, see_plate())
    assert drop_seconds(summary) == drop_seconds(seen_tag[0])


class MeasuredAgain(Exception):
    """An image is measured that was measured before."""


def refuse_to_measure(*arguments, **options):
    raise MeasuredAgain


@pytest.mark.parametrize(
    ("owner", "name", "value"),
    [(METHODS["saliency"], "revision", 2), (LinearClassifier, "background", np.ones((1, 2)))],
)
def test_what_a_new_definition_or_background_changes_is_measured_again(
    seen_tag, made, monkeypatch, owner, name, value
):
    monkeypatch.setattr("mammo_core.audit.run.measure_case", refuse_to_measure)
    monkeypatch.setattr(owner, name, value, raising=False)
    with pytest.raises(MeasuredAgain):
        run(made, monkeypatch, see_plate())


def test_the_verb_says_first_what_it_comes_to_and_where_the_rest_is(
    seen_tag, made, monkeypatch, capsys
):
    stand_in(made, monkeypatch, see_plate())
    words = [
        "audit",
        "demo",
        "tagged",
        "--methods",
        ",".join(ASKED),
        "--metrics",
        ",".join(METRICS),
    ]
    with pytest.raises(SystemExit) as end:
        main([*words, "--json"])
    answer = json.loads(capsys.readouterr().out)
    assert end.value.code == 0
    assert answer["methods"] == seen_tag[0]["methods"]
    assert answer["verdicts"] == seen_tag[0]["verdicts"]
    assert read_json(Path(answer["folder"]) / "summary.json")["against"] == seen_tag[0]["against"]
    with pytest.raises(SystemExit):
        main(words)
    told = capsys.readouterr().out
    assert told.startswith("Looks at the tag: AUROC falls from 1.00 to 0.50")
    assert all(one["words"] in told for one in answer["verdicts"].values())
    assert answer["folder"] in told
    assert len(told.splitlines()) < 20


def test_every_method_has_a_badge_but_the_controls(seen_tag, made, monkeypatch):
    monkeypatch.setenv("MAMMO_HOME", str(made))
    badges = read_badges(find_model("demo"))
    assert set(badges) == {"input_x_gradient", "saliency"}
    assert badges["saliency"].words == seen_tag[0]["verdicts"]["saliency"]["words"]
    assert badges["saliency"].n == N_PATIENTS


def test_the_badges_of_another_network_are_not_taken(seen_tag, made, monkeypatch):
    monkeypatch.setenv("MAMMO_HOME", str(made))
    stored = find_model("demo")
    stored.card["sha256"] = "0" * 64
    assert read_badges(stored) == {}


def test_a_method_that_refuses_is_told_with_its_reason_and_the_others_go_on(made, monkeypatch):
    options = AuditOptions(
        methods=("saliency", "deep_shap"), metrics=("iou", "model_randomization"), limit=2
    )
    summary = run(made, monkeypatch, see_plate(), options)
    assert summary["refused"]["deep_shap"]["n"] == 2
    assert summary["refused"]["deep_shap"]["reason"]
    assert summary["refused_again"]["saliency"]["model_randomization"]
    assert {"saliency", "edges", "center"} == set(summary["methods"])
    json.dumps(summary, allow_nan=False)


def test_few_explained_images_leave_blanking_whole(made, monkeypatch):
    options = AuditOptions(methods=("saliency",), metrics=("iou",), limit=2)
    summary = run(made, monkeypatch, see_plate(), options)
    assert summary["n"] == 2
    assert summary["shortcuts"]["blanking"]["nothing"]["n_images"] == N_PATIENTS
    assert summary["shortcuts"]["verdict"]["words"].startswith("Looks at the tag")


def test_a_longer_sample_holds_every_shorter_one_and_lesions_come_first(made, monkeypatch):
    monkeypatch.setenv("MAMMO_HOME", str(made))
    index = load_dataset("tagged").index
    ordered = order_images(index, seed=3)
    assert sorted(ordered) == sorted(index["image_id"])
    assert order_images(index.sample(frac=1, random_state=0), seed=3) == ordered
    labels = index.set_index("image_id")["label"]
    assert set(labels[ordered[:2]]) == set(CLASSES)
    assert order_images(index, seed=4) != ordered


def test_a_folder_that_cannot_be_written_is_told_before_any_work(made, tmp_path, monkeypatch):
    home = tmp_path / "home"
    shutil.copytree(made, home, ignore=shutil.ignore_patterns("audit"))
    (home / "models" / "demo" / "audit").write_text("a file where the folder should be")
    monkeypatch.setattr("mammo_core.audit.run._measure_all", lambda *given: pytest.fail("began"))
    with pytest.raises(MammoError, match="Cannot write"):
        run(home, monkeypatch, see_plate())


@pytest.mark.parametrize("asked", [{"methods": ("grad_camm",)}, {"metrics": ("ioux",)}])
def test_an_unknown_name_is_told_with_the_nearest(made, monkeypatch, asked):
    with pytest.raises(BadConfiguration, match=r"known are: .*did you mean|grad_cam|iou"):
        run(made, monkeypatch, None, AuditOptions(**asked))


def test_the_verb_refuses_a_sampling_that_there_is_not(made, monkeypatch, capsys):
    monkeypatch.setenv("MAMMO_HOME", str(made))
    with pytest.raises(SystemExit) as end:
        main(["audit", "demo", "tagged", "--sampling", "some"])
    assert end.value.code == 2
    assert "default" in capsys.readouterr().err
