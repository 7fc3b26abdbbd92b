"""Work for a pool, some of which kills the process that does it."""

import os
from dataclasses import dataclass


@dataclass(frozen=True)
class Numbers:
    """A chunk of numbers."""

    numbers: tuple[int, ...]

    def halves(self):
        k = len(self.numbers) // 2
        return [Numbers(self.numbers[:k]), Numbers(self.numbers[k:])] if k else []


def square(chunk):
    return [number**2 for number in chunk.numbers]


def square_unless_deadly(chunk):
    """Squares; 13 ends the process at once, as a decoder's fault would."""
    if 13 in chunk.numbers:
        os._exit(1)
    return square(chunk)


def die_at_start():
    os._exit(1)


def fail(chunk):
    raise ValueError("a bug")
