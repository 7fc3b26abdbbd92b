"""A place that is held is held: no other thread or process gets into it until the end."""

import subprocess
import sys
import threading

import pytest

from mammo_core.errors import MammoError
from mammo_core.locks import InUse, holding, holding_where_possible
from mammo_core.paths import REPOSITORY

pytestmark = pytest.mark.usefixtures("home")


def try_in_another_thread(place):
    """The error that another thread meets, None where it gets in."""
    met = []

    def hold():
        try:
            with holding(place, patience_s=0.05):
                met.append(None)
        except InUse as error:
            met.append(error)

    thread = threading.Thread(target=hold)
    thread.start()
    thread.join()
    return met[0]


def test_no_other_thread_gets_in_until_the_block_ends(tmp_path):
    with holding(tmp_path):
        assert "in use" in str(try_in_another_thread(tmp_path))
    assert try_in_another_thread(tmp_path) is None


def test_no_other_process_gets_in_until_the_block_ends(tmp_path):
    code = (
        "import sys; from pathlib import Path; from mammo_core.locks import holding\n"
        "with holding(Path(sys.argv[1]), patience_s=0.05): pass"
    )
    command = [sys.executable, "-c", code, str(tmp_path)]
    with holding(tmp_path):
        held = subprocess.run(command, cwd=REPOSITORY, capture_output=True, check=False)
    assert b"InUse" in held.stderr
    assert subprocess.run(command, cwd=REPOSITORY, check=False).returncode == 0


def test_another_place_is_free(tmp_path):
    with holding(tmp_path):
        assert try_in_another_thread(tmp_path / "other") is None


def test_what_goes_wrong_in_the_block_ends_the_hold(tmp_path):
    with pytest.raises(KeyError), holding(tmp_path):
        raise KeyError
    assert try_in_another_thread(tmp_path) is None


def test_the_thread_that_holds_a_place_may_hold_it_again_and_keeps_it(tmp_path):
    with holding(tmp_path):
        with holding(tmp_path):
            assert try_in_another_thread(tmp_path)
        assert try_in_another_thread(tmp_path)


def test_changes_by_many_threads_are_all_kept(tmp_path):
    counter = tmp_path / "counter"
    counter.write_text("0")

    def count():
        for _ in range(10):
            with holding(tmp_path):
                counter.write_text(str(int(counter.read_text()) + 1))

    threads = [threading.Thread(target=count) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert counter.read_text() == "40"


def test_a_home_that_cannot_be_written_is_an_obstacle_only_where_a_lock_is_a_must(tmp_path, home):
    home.write_text("a file where the home should be")
    with pytest.raises(MammoError, match="Cannot write"), holding(tmp_path):
        pass
    with holding_where_possible(tmp_path):
        pass


def test_a_place_in_use_is_told_without_the_words_of_the_lock(tmp_path):
    with holding(tmp_path):
        met = try_in_another_thread(tmp_path)
    assert str(met) == f"{tmp_path} is in use by another process; try again"
