"""What can go wrong in a way that a page or the command line can explain."""


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


class Cancelled(MammoError):
    """The user asked for a stop; what was finished before stays."""
