"""One bad file costs that file: it is refused with its reason, soon, and the rest goes on."""

import os
import sys
import time

import pandas as pd
import psutil
import pytest
from bad_files import BAD_FILES, SEEN_IN_HEADERS, write_good_files
from dataset_trees import write_class_folders, write_table

from mammo_core.cli import main
from mammo_core.datasets import index_dataset, load_dataset
from mammo_core.datasets.headers import read_header
from mammo_core.errors import MammoError, UnreadableFile
from mammo_core.gate import check

pytestmark = pytest.mark.usefixtures("home")
PATIENCE_S = 1.0
SPARE_BYTES = 200_000_000


def refusals(folder):
    """Reason by file."""
    return pd.read_csv(folder / "refused.csv").set_index("file")["reason"].to_dict()


@pytest.fixture(scope="module")
def warm(tmp_path_factory):
    """Everything imported, so that time and memory are those of the file."""
    for file in write_good_files(tmp_path_factory.mktemp("warm")).rglob("*.dcm"):
        check(file)


@pytest.mark.parametrize("name", BAD_FILES)
def test_a_bad_file_is_refused_within_a_second_and_200_mb(name, tmp_path, warm):
    file = tmp_path / f"{name}.dcm"
    file.write_bytes(BAD_FILES[name]())
    size, start = psutil.Process().memory_info().rss, time.process_time()
    assert check(file).verdict == "refuse"
    assert time.process_time() - start < PATIENCE_S
    assert psutil.Process().memory_info().rss - size < SPARE_BYTES


@pytest.mark.parametrize("name", sorted(SEEN_IN_HEADERS))
def test_a_header_that_tells_all_is_refused_within_a_second(name, tmp_path, warm):
    file = tmp_path / f"{name}.dcm"
    file.write_bytes(BAD_FILES[name]())
    start = time.process_time()
    with pytest.raises(UnreadableFile):
        read_header(file)
    assert time.process_time() - start < PATIENCE_S


def test_an_index_refuses_bad_files_and_takes_the_others(tmp_path):
    root = write_good_files(tmp_path / "root")
    for name, make in BAD_FILES.items():
        (root / "normal" / f"{name}.dcm").write_bytes(make())
    answer = index_dataset(root, tmp_path / "data")
    told = refusals(tmp_path / "data")
    assert set(told) == {f"normal/{name}.dcm" for name in SEEN_IN_HEADERS}
    assert answer["images"] == 4 + len(BAD_FILES) - len(SEEN_IN_HEADERS)
    assert all(told.values())


@pytest.mark.skipif(sys.platform == "win32", reason="links need rights there")
def test_a_loop_of_links_ends(tmp_path):
    root = write_class_folders(tmp_path / "root", {"a": 2, "b": 2})
    (root / "a" / "loop").symlink_to(root, target_is_directory=True)
    (root / "b" / "self.png").symlink_to(root / "b" / "self.png")
    assert index_dataset(root, tmp_path / "data")["images"] == 4
    assert refusals(tmp_path / "data") == {"b/self.png": "A link that leads nowhere, or a device"}


@pytest.mark.skipif(
    sys.platform == "win32" or not hasattr(os, "geteuid") or os.geteuid() == 0,
    reason="whoever may read everything is refused nothing",
)
def test_a_file_without_permission_is_refused(tmp_path):
    root = write_class_folders(tmp_path / "root", {"a": 2, "b": 2})
    (root / "a" / "a0.png").chmod(0)
    index_dataset(root, tmp_path / "data")
    assert refusals(tmp_path / "data") == {"a/a0.png": "Cannot be opened: Permission denied"}


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have no such names")
def test_a_name_that_is_not_utf_8_is_told_and_the_rest_is_taken(tmp_path):
    root = write_class_folders(tmp_path / "root", {"a": 2, "b": 2})
    odd = os.fsencode(root / "a") + b"/\xff\xfe.png"
    with open(odd, "wb") as file:
        file.write((root / "a" / "a0.png").read_bytes() + b"more")
    answer = index_dataset(root, tmp_path / "data")
    assert answer["images"] + answer["refused"] == 5
    assert len(load_dataset(tmp_path / "data").index) == answer["images"]


ROWS = [{"path": f"{n}.png", "label": "ab"[n % 2], "patient_id": f"P{n}"} for n in range(6)]


@pytest.mark.parametrize(
    ("columns", "told"),
    [
        ({"label": None}, "label"),
        ({"path": None}, "path"),
    ],
)
def test_a_table_without_a_needed_column_is_one_line_that_names_it(tmp_path, capsys, columns, told):
    rows = [{key: value for key, value in row.items() if key not in columns} for row in ROWS]
    root = write_table(tmp_path / "root", rows)
    with pytest.raises(SystemExit) as left:
        main(["index", str(root), "--out", str(tmp_path / "data"), "--format", "table"])
    error = capsys.readouterr().err
    assert (left.value.code, len(error.splitlines())) == (2, 1)
    assert told in error
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize("separator", [";", "\t"])
def test_another_separator_is_understood(tmp_path, separator):
    root = write_table(tmp_path / "root", ROWS, separator=separator)
    assert index_dataset(root, tmp_path / "data")["images"] == 6


def test_a_separator_that_no_table_has_is_one_line(tmp_path):
    root = write_table(tmp_path / "root", ROWS)
    text = (root / "labels.csv").read_text()
    (root / "labels.csv").write_text(text.replace(",", "~"))
    with pytest.raises(MammoError):
        index_dataset(root, tmp_path / "data", "table")


def test_contradictory_rows_of_one_image_are_told(tmp_path):
    rows = [*ROWS, {**ROWS[0], "label": "b"}]
    root = write_table(tmp_path / "root", rows)
    answer = index_dataset(root, tmp_path / "data")
    assert answer["refused"] >= 1
