"""The letter, color and head by which a ticked run is known: A is always blue, B orange."""

from dataclasses import dataclass

from mammo_core.run import Run
from mammo_ui import frame
from mammo_ui.theme import GREEN, MODEL_A, MODEL_B, PURPLE, SKY_BLUE, VERMILION, YELLOW

COLORS = (MODEL_A, MODEL_B, GREEN, PURPLE, VERMILION, SKY_BLUE, YELLOW)
LETTERS = "ABCDEFG"
HEAD_COLORS = {"A": "blue", "B": "orange"}


def name_run(place: int, run: Run) -> str:
    """The run's letter and name, by which tables and legends know it."""
    return f"{LETTERS[place]} {run.name}"


def write_head(place: int, run: Run) -> str:
    """The run's letter and name as a column's head; A is blue and B orange, as in the curves."""
    name = frame.plain(run.name)
    if place >= len(LETTERS):
        return name
    color = HEAD_COLORS.get(LETTERS[place])
    letter = f"**{LETTERS[place]}**"
    return f"{f':{color}[{letter}]' if color else letter} {name}"


@dataclass(frozen=True)
class Lettered:
    """A ticked run with its place among them.

    Attributes:
        place: From 0.
        run: What was ticked.
    """

    place: int
    run: Run

    @property
    def letter(self) -> str:
        """By which it is known on the page."""
        return LETTERS[self.place]

    @property
    def head(self) -> str:
        """As `write_head` writes it."""
        return write_head(self.place, self.run)
