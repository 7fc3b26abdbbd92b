"""The verbs `index` and `formats` at the command line."""

import json

import pytest
from dataset_trees import write_mini_mias

from mammo_core.cli import main
from mammo_core.datasets import LAYOUTS

pytestmark = pytest.mark.usefixtures("home")


def run(capsys, *arguments):
    """Exit code, JSON or None, and what went to stderr."""
    with pytest.raises(SystemExit) as left:
        main([*map(str, arguments), "--json"])
    out, err = capsys.readouterr()
    return left.value.code or 0, json.loads(out) if out else None, err


def test_index_prints_what_it_found(tmp_path, capsys):
    root = write_mini_mias(tmp_path / "films")
    code, answer, _ = run(capsys, "index", root, "--out", tmp_path / "data", "--seed", 3)
    assert code == 0
    keys = ["format", "images", "patients", "classes", "splits", "refused", "reasons", "warnings"]
    assert set(keys) <= set(answer)
    assert answer["format"] == "mini_mias"
    assert answer["reasons"] == {"Info.txt names this film, the folder lacks it": 1}


def test_index_takes_a_format_by_name_and_refuses_an_unknown_one(tmp_path, capsys):
    root = write_mini_mias(tmp_path / "films")
    code, _, err = run(capsys, "index", root, "--out", tmp_path / "d", "--format", "table")
    assert (code, len(err.splitlines())) == (2, 1)
    code, _, err = run(capsys, "index", root, "--out", tmp_path / "d", "--format", "nonsense")
    assert code == 2
    assert "mini_mias" in err


@pytest.mark.parametrize("root", ["missing", "empty", "file.txt"])
def test_bad_input_is_exit_2_and_one_line(tmp_path, capsys, root):
    (tmp_path / "empty").mkdir()
    (tmp_path / "file.txt").write_text("text")
    code, answer, err = run(capsys, "index", tmp_path / root, "--out", tmp_path / "data")
    assert (code, answer, len(err.splitlines())) == (2, None, 1)
    assert "Traceback" not in err
    assert not (tmp_path / "data").exists()


def test_formats_lists_every_layout(capsys):
    code, answer, _ = run(capsys, "formats")
    assert code == 0
    assert [item["name"] for item in answer["formats"]] == list(LAYOUTS)
    assert all(item["licence"] and item["expects"] for item in answer["formats"])
