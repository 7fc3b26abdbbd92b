"""The verb `tune`: its answer, its refusals before anything runs, and one real small sweep."""

import json
import subprocess
import sys

import pandas as pd
import pytest
import standin_home
import tuning_stub

from mammo_core.errors import BadConfiguration, BadDataset, MammoError
from mammo_core.paths import REPOSITORY, read_json
from mammo_core.tuning import workers
from mammo_core.tuning.loop import work_on
from mammo_core.tuning.storage import hide_password, open_study
from mammo_core.tuning.summary import Summary
from mammo_core.verbs.tune import tune


@pytest.fixture(scope="module")
def dataset(tmp_path_factory):
    """Nine patients whose images are dealt to splits."""
    folder = tmp_path_factory.mktemp("data") / "exams"
    standin_home.write_dataset(folder, n_patients=9, seed=0)
    deal(folder, ["train", "val", "test"])
    return folder


def deal(folder, splits):
    index = pd.read_parquet(folder / "index.parquet")
    attributes = index.attrs
    patients = sorted(index["patient_id"].unique())
    dealt = {patient: splits[n // 3 % len(splits)] for n, patient in enumerate(patients)}
    index["split"] = index["patient_id"].map(dealt)
    index.attrs.update(attributes)
    index.to_parquet(folder / "index.parquet")


@pytest.fixture
def stubbed(home, monkeypatch):
    """Trials without a network, in this very process."""

    def run_here(sweep, work, n_workers, progress):
        study = open_study(sweep)
        work_on(sweep, study, tuning_stub.train, progress)
        return Summary(sweep, study).write()

    monkeypatch.setattr(workers, "run_sweep", run_here)


def test_the_answer_names_the_best_trial_and_counts_the_others(stubbed, dataset, tmp_path):
    answer = tune(str(dataset), 3, tmp_path / "study", ranges=["dropout", "augmentation"])
    assert {key: answer[key] for key in ("trials", "complete", "pruned", "failed")} == {
        "trials": 3,
        "complete": 3,
        "pruned": 0,
        "failed": 0,
    }
    assert set(answer["best"]["settings"]) == {"dropout", "augmentation"}
    assert answer["best"]["value"] == pytest.approx(tuning_stub.score(answer["best"]["settings"]))
    assert answer["best"]["model"] == str(tmp_path / "study/trials" / str(answer["best"]["trial"]))
    assert json.dumps(answer, allow_nan=False)


def test_a_file_gives_what_all_trials_share_and_yields_to_a_range(stubbed, dataset, tmp_path):
    settings = tmp_path / "settings.toml"
    settings.write_text("epochs = 6\ndropout = 0.2\naugmentation = 'none'\n")
    ranges = ["dropout=0.1..0.3", "augmentation"]
    tune(str(dataset), 1, tmp_path / "study", config=settings, ranges=ranges)
    study = read_json(tmp_path / "study" / "study.json")
    assert study["fixed"]["epochs"] == 6
    assert set(study["ranges"]) == {"dropout", "augmentation"}
    assert not set(study["fixed"]) & set(study["ranges"])


def test_no_trial_begins_after_the_minutes_are_over(stubbed, dataset, tmp_path):
    answer = tune(str(dataset), 3, tmp_path / "study", minutes=0, ranges=["dropout"])
    assert (answer["trials"], answer["best"]) == (0, None)


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"ranges": ["nosuch=1..2"]}, "Cannot vary 'nosuch'"),
        ({"assignments": ["epochs=0"]}, "'epochs' must be"),
        ({"assignments": ["nosuch=0"]}, "Unknown setting 'nosuch'"),
        ({"assignments": ["dropout=0.1"], "ranges": ["dropout"]}, "both a value and a range"),
        ({"storage": "nonsense"}, "as a database's URL"),
    ],
)
def test_bad_words_are_refused_before_anything_is_written(home, dataset, tmp_path, options, told):
    with pytest.raises(MammoError, match=told):
        tune(str(dataset), 1, tmp_path / "study", **options)
    assert not (tmp_path / "study").exists()


def test_validation_images_of_one_kind_cannot_compare_trials(home, tmp_path):
    folder = tmp_path / "exams"
    standin_home.write_dataset(folder, n_patients=9, seed=0)
    deal(folder, ["train"])
    with pytest.raises(BadDataset, match="with and without it; got 0 and 0"):
        tune(str(folder), 1, tmp_path / "study")


def test_a_folder_with_other_content_stays_as_it_is(home, dataset, tmp_path):
    (tmp_path / "letter.txt").write_text("mine")
    with pytest.raises(BadConfiguration, match="holds no sweep"):
        tune(str(dataset), 1, tmp_path)
    assert [path.name for path in tmp_path.iterdir() if path.is_file()] == ["letter.txt"]


def test_a_password_of_the_storage_is_never_shown():
    shown = hide_password("postgresql+psycopg://user:secret@host/studies")
    assert "secret" not in shown
    assert "user" in shown
    assert "host/studies" in shown


@pytest.mark.slow
def test_a_real_sweep_leaves_whole_models(home, tmp_path):
    run("sample", tmp_path / "exams", "--patients", 16, "--seed", 3, "--size", "160x128")
    run("index", tmp_path / "exams", "--out", home / ".mammo" / "datasets" / "exams")
    words = ["--set", "recipe=whole_image", "--set", "epochs=2", "--range", "learning_rate"]
    words += ["--range", "image_size=64x48,96x64", "--workers", 2, "--trials", 3]
    words += ["--set", "note=For the seminar"]
    answer = run("tune", "exams", "--out", tmp_path / "study", *words)
    study = read_json(tmp_path / "study" / "study.json")
    assert [trial["state"] for trial in study["trials"]] == ["complete"] * 3
    for trial in study["trials"]:
        card = read_json(tmp_path / "study" / trial["model"] / "model.json")
        assert card["training"]["val"]["auroc"] == pytest.approx(trial["value"], abs=1e-6)
        assert card["training"]["note"] == "For the seminar"
        assert "x".join(map(str, card["input_shape"][:2])) == trial["settings"]["image_size"]
    assert answer["best"]["value"] == max(trial["value"] for trial in study["trials"])


def run(*words):
    command = [sys.executable, "-m", "mammo_core", *map(str, words), "--json"]
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, check=True)
    return json.loads(done.stdout)
