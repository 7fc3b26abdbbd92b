"""Chunks of work on all cores, in order; what kills its process is told instead of ending all."""

import multiprocessing
import os
import signal
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from itertools import islice
from typing import Protocol, Self, TypeVar

from mammo_core.errors import MammoError


class Chunk(Protocol):
    """A run of neighboring files for one worker; must travel between processes."""

    def halves(self) -> Sequence[Self]:
        """Two smaller chunks, none where there is but one file."""


ChunkT = TypeVar("ChunkT", bound=Chunk)
ResultT = TypeVar("ResultT")
Answer = tuple[ChunkT, ResultT | None]


def run_chunks(
    work: Callable[[ChunkT], ResultT],
    chunks: Iterable[ChunkT],
    workers: int,
    start: Callable[[], None] | None = None,
) -> Iterator[Answer[ChunkT, ResultT]]:
    """Each chunk with its result, in order; memory doesn't grow with their number.

    A chunk whose worker dies, as a decoder may make it do, is halved until the one file is found
    that does it: its chunk of one comes with None in place of a result.

    Args:
        work: A function of an importable module.
        chunks: Taken only as fast as they are worked on.
        workers: Processes; 1 works in this very process, which then isn't guarded.
        start: What each worker does first.

    Raises:
        MammoError: Where no worker can be started.
    """
    if workers <= 1:
        yield from ((chunk, work(chunk)) for chunk in chunks)
        return
    waiting = iter(chunks)
    suspects: Sequence[ChunkT] | None = ()
    while suspects is not None:
        for chunk in suspects:
            yield from _run_alone(work, chunk, start)
        suspects = yield from _run_until_death(work, waiting, workers, start)


def count_workers() -> int:
    """How many cores there are to work on."""
    return os.cpu_count() or 1


@contextmanager
def open_pool(workers: int, start: Callable[[], None] | None) -> Iterator[ProcessPoolExecutor]:
    """Processes that leave Ctrl-C to this one; each does `start` first."""
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(workers, context, _start_worker, (start,))
    try:
        yield pool
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def check_start(pool: ProcessPoolExecutor) -> int:
    """The id of a worker that lives, before any file is blamed for its death.

    Raises:
        MammoError: Where the worker dies without any work.
    """
    try:
        return pool.submit(os.getpid).result()
    except BrokenProcessPool as error:
        raise MammoError(
            "The processes that share the work end as soon as they start: free some memory, and "
            "in a script of your own guard what it does by if __name__ == '__main__'"
        ) from error


def _run_until_death(
    work: Callable[[ChunkT], ResultT],
    waiting: Iterator[ChunkT],
    workers: int,
    start: Callable[[], None] | None,
) -> Generator[Answer[ChunkT, ResultT], None, list[ChunkT] | None]:
    """Work through the chunks; returns those under way when a worker died, None at the end."""
    running: deque[tuple[ChunkT, Future[ResultT]]] = deque()
    with open_pool(workers, start) as pool:
        while True:
            for chunk in islice(waiting, 3 * workers - len(running)):
                running.append((chunk, _submit(pool, work, chunk)))
            if not running:
                return None
            chunk, future = running[0]
            try:
                result = future.result()
            except BrokenProcessPool:
                return [chunk for chunk, _ in running]
            running.popleft()
            yield chunk, result


def _submit(
    pool: ProcessPoolExecutor, work: Callable[[ChunkT], ResultT], chunk: ChunkT
) -> "Future[ResultT]":
    """The chunk's future, a broken one where a worker has died already."""
    try:
        return pool.submit(work, chunk)
    except BrokenProcessPool as error:
        broken: Future[ResultT] = Future()
        broken.set_exception(error)
        return broken


def _run_alone(
    work: Callable[[ChunkT], ResultT], chunk: ChunkT, start: Callable[[], None] | None
) -> Iterator[Answer[ChunkT, ResultT]]:
    """The chunk's result from a process of its own, or those of its halves, down to one file."""
    with open_pool(1, start) as pool:
        check_start(pool)
        try:
            result: ResultT | None = pool.submit(work, chunk).result()
        except BrokenProcessPool:
            result = None
    halves = chunk.halves() if result is None else ()
    if not halves:
        yield chunk, result
    for half in halves:
        yield from _run_alone(work, half, start)


def _start_worker(start: Callable[[], None] | None) -> None:
    """Leave Ctrl-C to the parent."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if start:
        start()
