"""Ids that tell no one who a patient is, the same for the same patient on this computer.

A hidden id is a keyed hash (HMAC-SHA256, RFC 2104) under a random salt that never leaves
`state_folder()`. Without the salt no one can try names or record numbers until one fits, which a
plain hash would allow.
"""

import hashlib
import hmac
import os
import secrets
import uuid
from functools import lru_cache
from pathlib import Path

from mammo_core.errors import MammoError
from mammo_core.paths import state_folder

LETTERS = {"patient": "P", "exam": "E", "series": "S", "image": "I"}
"""What an id may stand for, and the letter that a hidden one begins with."""

SALT_BYTES = 32
ID_DIGITS = 12
"""48 bits: among 100,000 ids two are alike with a chance below 1 in 50,000."""


def hide_id(text: str, kind: str = "patient") -> str:
    """A short id such as "P3f9a2c41d07b" that stands for `text` wherever the salt is the same.

    Args:
        text: The real id; blanks around it don't count.
        kind: A key of LETTERS; ids of two kinds are unlike even where their texts are the same.

    Raises:
        ValueError: For another kind or an empty text, which would make all unknown patients one.
        MammoError: Where the salt cannot be read or made.
    """
    if kind not in LETTERS:
        raise ValueError(f"Kind must be one of {tuple(LETTERS)}, got '{kind}'")
    if not text.strip():
        raise ValueError(f"Expected the id of a {kind}, got an empty text")
    return LETTERS[kind] + _digest(kind, text).hex()[:ID_DIGITS]


def hide_uid(uid: str) -> str:
    """A DICOM UID that stands for `uid` wherever the salt is the same.

    Its form is that of a UUID, "2.25." and 128 bits as a decimal number (DICOM PS3.5, B.2).

    Raises:
        ValueError: For an empty text.
        MammoError: Where the salt cannot be read or made.
    """
    if not uid.strip():
        raise ValueError("Expected a UID, got an empty text")
    return f"2.25.{uuid.UUID(bytes=_digest('uid', uid)[:16], version=4).int}"


def _digest(kind: str, text: str) -> bytes:
    message = f"{kind}\0{text.strip()}".encode("utf-8", "surrogatepass")
    return hmac.digest(_read_salt(state_folder() / "salt"), message, hashlib.sha256)


@lru_cache(maxsize=8)
def _read_salt(path: Path) -> bytes:
    """The salt in a file, which is made if it isn't there."""
    try:
        if not path.exists():
            _make_salt(path)
        salt = path.read_bytes()
    except OSError as error:
        raise MammoError(f"Cannot read or make {path}: {error.strerror or error}") from error
    if len(salt) != SALT_BYTES:
        raise MammoError(
            f"Expected {SALT_BYTES} bytes in {path}, found {len(salt)}: put back the file that was "
            "there, or delete it, after which every id is hidden anew"
        )
    return salt


def _make_salt(path: Path) -> None:
    """Write a new salt, for the owner's eyes only; whoever comes first wins."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".salt.{secrets.token_hex(8)}.tmp")
    try:
        with open(os.open(temporary, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as file:
            file.write(secrets.token_bytes(SALT_BYTES))
        _publish(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def _publish(temporary: Path, path: Path) -> None:
    """Give a whole file its name unless another has it already."""
    try:
        os.link(temporary, path)  # unlike a rename, it never replaces what another process wrote
    except FileExistsError:
        return
    except OSError:  # a file system without hard links, such as exFAT
        if not path.exists():
            os.rename(temporary, path)
