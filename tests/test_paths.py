"""What is written is whole or absent."""

import errno
import threading

import pytest

from mammo_core.errors import MammoError
from mammo_core.paths import read_json, read_kept_json, write_json, writing


def test_home_is_the_environments_word(home, monkeypatch):
    from mammo_core import paths

    assert paths.home() == home
    monkeypatch.delenv("MAMMO_HOME")
    assert paths.home() == paths.REPOSITORY


def test_a_failed_write_leaves_the_earlier_file(tmp_path):
    path = tmp_path / "a.json"
    write_json(path, {"kept": 1})
    with pytest.raises(ValueError, match="JSON"):
        write_json(path, {"bad": float("nan")})
    assert read_json(path) == {"kept": 1}
    assert [p.name for p in tmp_path.iterdir()] == ["a.json"]


def test_what_a_cache_keeps_is_there_whole_or_not_at_all(tmp_path):
    path = tmp_path / "a.json"
    assert read_kept_json(path) is None
    write_json(path, {"kept": 1})
    assert read_kept_json(path) == {"kept": 1}
    for damage in (b"", b"\xff\xfe", path.read_bytes()[:-4]):
        path.write_bytes(damage)
        assert read_kept_json(path) is None


def write_until_the_disk_is_full(path):
    with writing(path) as temporary:
        temporary.write_text("half")
        raise OSError(errno.ENOSPC, "No space left on device")


def test_a_full_disk_is_told_in_a_sentence_and_leaves_the_earlier_file(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("before")
    with pytest.raises(MammoError, match="No space left"):
        write_until_the_disk_is_full(path)
    assert path.read_text() == "before"
    assert len(list(tmp_path.iterdir())) == 1


def test_threads_that_write_one_file_all_succeed_and_one_of_them_wins(tmp_path):
    path, failed = tmp_path / "a.json", []

    def write(number):
        try:
            for _ in range(50):
                write_json(path, [number] * 100)
        except MammoError as error:
            failed.append(error)

    threads = [threading.Thread(target=write, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    assert len(set(read_json(path))) == 1
    assert [p.name for p in tmp_path.iterdir()] == ["a.json"]


def test_reading_what_is_no_json_says_which_file(tmp_path):
    (tmp_path / "a.json").write_text("{")
    with pytest.raises(MammoError, match=r"a\.json"):
        read_json(tmp_path / "a.json")
    with pytest.raises(MammoError, match=r"Expected a file .*b\.json"):
        read_json(tmp_path / "b.json")
