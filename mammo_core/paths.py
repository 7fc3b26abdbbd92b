"""Where things lie on disk, and how to write them so that they are whole or absent."""

import json
import os
import secrets
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from mammo_core.errors import MammoError

REPOSITORY = Path(__file__).resolve().parents[1]
DAMAGED_ARRAYS = (
    *(OSError, ValueError, TypeError, KeyError, EOFError, RuntimeError),
    *(zlib.error, zipfile.BadZipFile),
)
"""What comes of reading an .npz file of which a bit has turned, or that holds something else."""


def home() -> Path:
    """The folder that holds models/, sample_data/ and .mammo/: MAMMO_HOME, else the repository."""
    return Path(os.environ.get("MAMMO_HOME") or REPOSITORY)


def models_folder() -> Path:
    """Where models live."""
    return home() / "models"


def state_folder() -> Path:
    """The git-ignored folder of caches, jobs and reviews."""
    return home() / ".mammo"


@contextmanager
def writing(path: Path) -> Iterator[Path]:
    """Yield a temporary path beside `path` and move it there only if the block succeeds.

    Raises:
        MammoError: Where the disk is full or the folder cannot be written.
    """
    path = Path(path)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield temporary
        os.replace(temporary, path)
    except OSError as error:
        raise MammoError(f"Cannot write {path}: {error.strerror or error}") from error
    finally:
        with suppress(OSError):  # the folder itself may be what is wrong
            temporary.unlink(missing_ok=True)


def write_text(path: Path, text: str) -> None:
    """Write a text file atomically."""
    with writing(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def write_json(path: Path, content: Any) -> None:
    """Write strict JSON atomically.

    Raises:
        ValueError: Where the content holds NaN or infinity.
    """
    write_text(path, json.dumps(content, indent=2, allow_nan=False) + "\n")


def read_json(path: Path) -> Any:
    """Read a JSON file.

    Raises:
        MammoError: Where it is missing or is not JSON.
    """
    try:
        return json.loads(Path(path).read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise MammoError(f"Expected a file {path}, found none") from None
    except (OSError, UnicodeDecodeError, json.JSONDecodeError) as error:
        raise MammoError(f"Cannot read {path} as JSON: {error}") from error


def read_kept_json(path: Path) -> Any | None:
    """What a cache keeps as JSON; None where it is not there, or damaged and to be made again."""
    if not path.is_file():
        return None
    try:
        return read_json(path)
    except MammoError:
        return None
