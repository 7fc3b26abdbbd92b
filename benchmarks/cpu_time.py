"""CPU time of pieces of work; who compares some runs them in turn, for moods of the machine."""

import time
from collections.abc import Callable


def cpu_seconds(work: Callable[[], object]) -> float:
    """Of all threads of this process together."""
    start = time.process_time()
    work()
    return time.process_time() - start
