"""Work on all cores comes back in order, and what kills a worker costs that one file only."""

import itertools
import os

import pytest
from dying_work import Numbers, die_at_start, fail, square, square_unless_deadly

from mammo_core.errors import MammoError
from mammo_core.worker_pool import run_chunks


def chunks(n, size):
    return [Numbers(tuple(range(start, start + size))) for start in range(0, n, size)]


@pytest.mark.parametrize("workers", [1, 2])
def test_results_come_in_the_order_of_the_chunks(workers):
    answers = list(run_chunks(square, chunks(40, 4), workers))
    assert [chunk for chunk, _ in answers] == chunks(40, 4)
    assert [n for _, squares in answers for n in squares] == [n**2 for n in range(40)]


def test_a_deadly_item_is_found_and_all_others_are_done():
    answers = list(run_chunks(square_unless_deadly, chunks(24, 4), 2))
    assert [chunk.numbers for chunk, result in answers if result is None] == [(13,)]
    done = [n for _, result in answers if result for n in result]
    assert sorted(done) == [n**2 for n in range(24) if n != 13]


def test_chunks_are_taken_only_as_they_are_needed():
    taken = itertools.count()
    endless = (Numbers((next(taken),)) for _ in itertools.repeat(None))
    answers = run_chunks(square, endless, 2)
    for n in range(5):
        assert next(answers)[1] == [n**2]
    answers.close()
    assert next(taken) < 20


def test_workers_that_never_live_are_no_fault_of_a_file():
    with pytest.raises(MammoError, match="end as soon as they start"):
        list(run_chunks(square, chunks(8, 4), 2, die_at_start))


def test_a_bug_in_the_work_is_raised():
    with pytest.raises(ValueError, match="a bug"):
        list(run_chunks(fail, chunks(4, 2), 2))


def test_one_worker_works_in_this_process():
    pids = list(run_chunks(lambda chunk: os.getpid(), chunks(4, 2), 1))
    assert {pid for _, pid in pids} == {os.getpid()}
