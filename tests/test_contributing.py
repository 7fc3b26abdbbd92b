"""CONTRIBUTING.md speaks of files and names that are there."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
ROWS = [
    [cell.strip() for cell in line.strip("|").split("|")]
    for line in (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8").splitlines()
    if line.startswith("|") and "`" in line
]


def list_words(cell):
    """The code words of a cell that are paths."""
    return [word for word in re.findall(r"`([^`]+)`", cell) if re.search(r"/|\.\w+$", word)]


def find_files(word):
    """What a path names; without its folder it is a file of the core."""
    name = word.rstrip("/")
    return list(ROOT.glob(name)) or list((ROOT / "mammo_core").glob(f"**/{name}"))


PATHS = sorted({word for row in ROWS for cell in row for word in list_words(cell)})


def test_the_rooms_and_the_recipes_are_found():
    assert {"mammo_core/importing/", "mammo_core/jobs/", "mammo_core/verbs/models.py"} <= set(PATHS)


@pytest.mark.parametrize("path", PATHS)
def test_every_path_that_is_named_is_there(path):
    found = find_files(path)
    assert found
    assert all(one.is_dir() for one in found) or not path.endswith("/")


@pytest.mark.parametrize("row", [row for row in ROWS if len(row) == 4], ids=lambda row: row[0])
def test_a_recipes_names_are_in_its_files(row):
    for cell in row[1:3]:
        files = [file for word in list_words(cell) for file in find_files(word)]
        text = "".join(file.read_text(encoding="utf-8") for file in files)
        names = [name for name in re.findall(r"`(\w+)`", cell) if text]
        assert all(re.search(rf"\b{name}\b", text) for name in names)


def test_every_room_of_the_core_is_in_the_table():
    rooms = {folder.parent.name for folder in (ROOT / "mammo_core").glob("*/__init__.py")}
    assert rooms <= {Path(path).name for path in PATHS}
