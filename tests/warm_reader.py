"""A process that reads many hostile files, where a guarded reading starts one for each."""

import multiprocessing
import os
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress

import psutil

from mammo_core.errors import UnreadableFile
from mammo_core.guarded_reading import DIED, Bounds, _begin, _limit

PATIENCE_S = 5.0
SPARE_BYTES = 1_000_000_000


def begin():
    _begin()
    _limit(Bounds(3_600, SPARE_BYTES))


class WarmReader:
    """Stands in for `read_guarded`: a file that kills or holds it is told as it tells that."""

    def __init__(self):
        self.lost = 0
        self._start()

    def _start(self):
        context = multiprocessing.get_context("spawn")
        self._pool = ProcessPoolExecutor(1, context, begin)
        self._process = psutil.Process(self._pool.submit(os.getpid).result())

    def __call__(self, work, task, bounds):
        try:
            return self._pool.submit(work, task).result(PATIENCE_S)
        except (BrokenProcessPool, TimeoutError, MemoryError) as error:
            self.lost += 1
            self.close()
            self._start()
            raise UnreadableFile(DIED) from error

    def close(self):
        with suppress(psutil.NoSuchProcess):
            self._process.kill()
        self._pool.shutdown()
