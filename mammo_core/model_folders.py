"""A model's place in models/: which names may be taken, and how a folder comes in or goes whole."""

import os
import re
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from mammo_core.errors import BadConfiguration, MammoError
from mammo_core.paths import models_folder

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
RESERVED = re.compile(r"(con|prn|aux|nul|com[0-9]|lpt[0-9])(\..*)?", re.IGNORECASE)
"""What Windows keeps for devices: a folder of that name could not be opened there."""


def check_new_name(name: str) -> Path:
    """Where a model of that name will lie.

    Raises:
        BadConfiguration: For a name with parts of a path or signs that some system lacks, a
            reserved one, and one that is taken.
    """
    if not name:
        raise BadConfiguration(
            "Give it a name: 1 to 64 letters, digits, '-', '_' or '.', beginning with a letter or "
            "digit"
        )
    if not NAME.fullmatch(name) or name.endswith("."):
        raise BadConfiguration(
            "Setting 'name' must be 1 to 64 letters, digits, '-', '_' or '.', beginning with a "
            f"letter or digit, got '{name}'"
        )
    if RESERVED.fullmatch(name):
        raise BadConfiguration(f"Setting 'name' must not be '{name}': Windows reserves that name")
    place = models_folder() / name
    taken = {path.name.lower() for path in _folders()}
    if name.lower() in taken or os.path.lexists(place):
        raise BadConfiguration(
            f"Setting 'name' must be new, but models/ has a '{name}'; choose another or remove it"
        )
    return place


@contextmanager
def adding(name: str) -> Iterator[Path]:
    """Yield an empty folder that becomes models/NAME only if the block succeeds.

    Raises:
        BadConfiguration: Where the name cannot be taken.
        MammoError: Where the disk is full or models/ cannot be written.
    """
    place = check_new_name(name)
    # It keeps the model's name, which the card shows; lists leave out what begins with a dot.
    shelter = place.parent / f".{secrets.token_hex(4)}.tmp"
    try:
        (shelter / name).mkdir(parents=True)
        yield shelter / name
        check_new_name(name)  # another process may have been faster
        (shelter / name).rename(place)
    except OSError as error:
        raise MammoError(f"Cannot write {place}: {error.strerror or error}") from error
    finally:
        shutil.rmtree(shelter, ignore_errors=True)


def take_away(place: Path) -> None:
    """Delete a folder of models/: gone from all lists at once, from the disk afterwards.

    Raises:
        MammoError: Where it cannot be moved or a file of it cannot be deleted.
    """
    aside = place.with_name(f".{secrets.token_hex(4)}.tmp")
    try:
        place.rename(aside)
    except OSError as error:
        raise MammoError(
            f"Cannot delete {place}: {error.strerror or error}; close what has it open"
        ) from error
    try:
        shutil.rmtree(aside)
    except OSError as error:
        raise MammoError(f"{aside} is left of {place.name}: {error.strerror or error}") from error


def _folders() -> list[Path]:
    with suppress(OSError):
        return list(models_folder().iterdir())
    return []
