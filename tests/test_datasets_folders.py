"""An archive's first folder is found from around it; a walk sees every file once and ends."""

import os

import pytest

from mammo_core.datasets.folders import choose_files, find_archive, list_files, only_folder


def make(root, *paths):
    for path in paths:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).touch()
    return root


def holds(folder):
    return (folder / "table.csv").is_file()


def test_an_archive_is_found_from_itself_from_its_part_and_from_above(tmp_path):
    archive = make(tmp_path / "download" / "archive", "table.csv", "images/a.dcm")
    named = (archive, archive / "images", archive.parent)
    assert [find_archive(folder, holds, ("images",)) for folder in named] == [archive] * 3


def test_an_archive_is_not_found_from_a_part_that_it_may_not_be_named_by(tmp_path):
    archive = make(tmp_path / "archive", "table.csv", "images/a.dcm", "other/b.dcm")
    assert find_archive(archive / "other", holds, ("images",)) is None


@pytest.mark.parametrize("beside", ["notes.txt", "second/table.csv"])
def test_an_archive_with_anything_beside_it_is_not_found_from_above(tmp_path, beside):
    make(tmp_path, "archive/table.csv", beside)
    assert find_archive(tmp_path, holds) is None


def test_what_unzipping_leaves_beside_a_folder_counts_for_nothing(tmp_path):
    make(tmp_path, "archive/table.csv", "__MACOSX/._table.csv", ".DS_Store")
    assert only_folder(tmp_path) == tmp_path / "archive"


def test_a_file_and_a_missing_folder_hold_no_archive(tmp_path):
    make(tmp_path, "table.csv")
    assert find_archive(tmp_path / "table.csv", holds) is None
    assert find_archive(tmp_path / "nothing" / "here", holds) is None


def test_a_walk_lists_all_files_in_order_with_slashes(tmp_path):
    make(tmp_path, "b/2.dcm", "b/c/1.dcm", "a.csv", ".hidden/x.dcm", "b/.x.dcm")
    assert list_files(tmp_path) == ["a.csv", "b/2.dcm", "b/c/1.dcm"]


@pytest.mark.skipif(not hasattr(os, "symlink"), reason="needs links")
def test_a_walk_follows_links_and_ends_where_they_run_in_circles(tmp_path):
    make(tmp_path / "root", "a/1.dcm", "b/2.dcm")
    make(tmp_path / "disk", "3.dcm")
    try:
        (tmp_path / "root" / "a" / "up").symlink_to(tmp_path / "root", target_is_directory=True)
        (tmp_path / "root" / "b" / "a").symlink_to(tmp_path / "root" / "a")
        (tmp_path / "root" / "self.dcm").symlink_to(tmp_path / "root" / "self.dcm")
        (tmp_path / "root" / "more").symlink_to(tmp_path / "disk", target_is_directory=True)
    except OSError:
        pytest.skip("links may not be made here")
    found = list_files(tmp_path / "root")
    assert {"a/1.dcm", "b/2.dcm", "more/3.dcm"} <= set(found)
    assert not any("up/" in file for file in found)
    assert len(found) == 5  # a/1.dcm is there by its folder and by the link to it


def test_a_name_that_is_no_text_can_be_written_down(tmp_path):
    try:
        (tmp_path / os.fsdecode(b"\xff.dcm")).touch()
    except (OSError, UnicodeError):
        pytest.skip("this disk takes names of text alone")
    make(tmp_path, "bröst.dcm")
    assert list_files(tmp_path) == ["?.dcm", "bröst.dcm"]


def test_a_walk_of_what_is_no_folder_is_empty(tmp_path):
    assert list_files(tmp_path / "nothing") == []


def test_of_copies_the_published_kind_is_chosen_then_a_lossless_one(tmp_path):
    paths = ["x/1.jpg", "x/1.png", "x/1.dcm", "x/2.jpeg", "x/2.png", "x/3.txt"]
    assert choose_files(paths) == {"x/1": "x/1.dcm", "x/2": "x/2.png"}
    assert choose_files(reversed(paths)) == choose_files(paths)
