"""What can go wrong in a way that a page or the command line can explain."""

from typing import Any


class MammoError(Exception):
    """A fault whose message says what was expected, what came and what to do."""


class UnreadableFile(MammoError):
    """A file that is missing, damaged, or of a kind that cannot be read."""


class BadConfiguration(MammoError):
    """A setting that is unknown or outside what is allowed."""


class BadTable(MammoError):
    """A table whose columns or values cannot be used."""


class BadDataset(MammoError):
    """A folder that holds no dataset, or one that cannot serve what is asked of it."""


class BadModel(MammoError):
    """A model folder or file that is incomplete, hostile or does not fit."""


class UnfitNetwork(BadModel):
    """A network that a method cannot explain, whatever the image."""


class BadDatabase(MammoError):
    """A database of reviews that cannot be reached, is damaged, or is of a newer version."""


class Incomplete(MammoError):
    """A fault that left the rest of the work whole.

    Attributes:
        answer: What a verb has to tell all the same; the command line prints it, then the fault.
    """

    def __init__(self, message: str, answer: dict[str, Any]) -> None:
        super().__init__(message)
        self.answer = answer


class Cancelled(MammoError):
    """The user asked for a stop; what was finished before stays."""
