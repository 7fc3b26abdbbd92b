"""Whatever is wrong with an archive's tables is read around or refused in a line."""

import random

import pytest
from dataset_trees import TREES

from mammo_core.datasets import LAYOUTS
from mammo_core.datasets.naming import safe_name
from mammo_core.errors import MammoError

ARCHIVES = ("vindr_mammo", "rsna_2023", "cmmd", "embed")
ODD_CELLS = (
    "",
    "NA",
    "-1",
    "1e999",
    "nan",
    "\0",
    "'",
    '"',
    "[",
    "é",
    "=1+1",
    "../../x",
    ";",
    "2" * 40,
)
"""What spreadsheets, hands and enemies put into a cell."""
ROUNDS = 25


def spoil(content, chance):
    """The bytes of a table with one thing wrong."""
    kind = chance.choice(("cut", "flip", "cell", "line", "column"))
    if kind == "cut":
        return content[: chance.randrange(len(content))]
    if kind == "flip" or content.startswith(b"PK"):
        place = chance.randrange(len(content))
        return content[:place] + bytes([chance.randrange(256)]) + content[place + 1 :]
    lines = [line.split(",") for line in content.decode().splitlines()]
    cell = chance.choice(ODD_CELLS)
    number = chance.randrange(len(lines))
    column = chance.randrange(len(lines[number]))
    if kind == "cell":
        lines[number][column] = cell
    elif kind == "line":
        lines[number] = [cell]
    else:
        lines[1:] = [[*line[:column], cell, *line[column + 1 :]] for line in lines[1:]]
    return "\n".join(map(",".join, lines)).encode()


@pytest.mark.parametrize("name", ARCHIVES)
def test_a_spoiled_table_never_ends_in_a_traceback(name, tmp_path):
    root, layout = TREES[name](tmp_path / "root"), LAYOUTS[name]
    tables = sorted(path for path in root.rglob("*") if path.suffix in (".csv", ".xlsx"))
    chance = random.Random(f"{name} 1")
    for _ in range(ROUNDS):
        table = chance.choice(tables)
        content = table.read_bytes()
        table.write_bytes(spoil(content, chance))
        try:
            layout.detects(root)
            rows = layout.read(root).rows
        except MammoError as fault:
            rows = []
            assert len(str(fault).splitlines()) == 1  # noqa: PT017 - most rounds raise nothing
        finally:
            table.write_bytes(content)
        ids = [row.image_id for row in rows]
        assert ids == [safe_name(image_id) for image_id in ids]
        assert len(set(ids)) == len(ids)
        assert all(row.patient_id and row.file.is_relative_to(root) for row in rows)


@pytest.mark.parametrize("name", ARCHIVES)
def test_an_archive_named_for_the_wrong_folder_says_what_it_expects(name, tmp_path):
    (tmp_path / "notes.txt").touch()
    with pytest.raises(MammoError, match=r"Expected .*(csv|xlsx)") as fault:
        LAYOUTS[name].read(tmp_path)
    assert str(tmp_path) in str(fault.value)


@pytest.mark.parametrize("name", ARCHIVES)
def test_an_archive_without_its_images_refuses_every_row(name, tmp_path):
    root = TREES[name](tmp_path / "root")
    for file in sorted(root.rglob("*.dcm")) + sorted(root.rglob("*.dicom")):
        file.unlink()
    reading = LAYOUTS[name].read(root)
    assert not reading.rows
    assert all("folder" in refusal.reason for refusal in reading.refusals)
    assert len(reading.refusals) > 0
