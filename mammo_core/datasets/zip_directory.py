"""The list of files at a zip archive's end, counted before anything is built from it.

The standard library reads the whole list into memory. Layout by APPNOTE.TXT 6.3.10, section 4.3.
"""

import struct
from pathlib import Path
from typing import BinaryIO

from mammo_core.errors import UnreadableFile

MAX_MEMBERS = 300_000
MAX_DIRECTORY_BYTES = 64_000_000

END = b"PK\x05\x06"
END_BYTES = 22
END64 = b"PK\x06\x06"
END64_BYTES = 56
LOCATOR = b"PK\x06\x07"
LOCATOR_BYTES = 20
ENTRY = b"PK\x01\x02"
ENTRY_BYTES = 46
MAX_COMMENT_BYTES = 65_536


def check_directory(archive: Path) -> None:
    """Refuse a file that is no zip archive, or one that lists too many members.

    Raises:
        UnreadableFile: With what was expected and what came.
    """
    try:
        with archive.open("rb") as file:
            end, size = _find_directory(file)
            if size > min(MAX_DIRECTORY_BYTES, end):
                raise UnreadableFile(f"Its list of files would take {size:,} bytes")
            file.seek(end - size)
            _count_members(file.read(size))
    except UnreadableFile as error:
        raise UnreadableFile(f"{archive.name}: {error}") from error
    except FileNotFoundError:
        raise UnreadableFile(f"Expected a zip archive, found no {archive}") from None
    except (OSError, struct.error) as error:
        raise UnreadableFile(f"{archive.name}: Cannot be read as a zip archive") from error


def _find_directory(file: BinaryIO) -> tuple[int, int]:
    """(offset of the list's end, its bytes)."""
    length = file.seek(0, 2)
    start = max(0, length - END_BYTES - MAX_COMMENT_BYTES)
    file.seek(start)
    tail = file.read()
    at = tail.rfind(END)
    if at < 0 or len(tail) - at < END_BYTES:
        raise UnreadableFile("Expected a zip archive, found none or its end is cut off")
    (size,) = struct.unpack("<I", tail[at + 12 : at + 16])
    return _find_directory64(file, start + at) or (start + at, size)


def _find_directory64(file: BinaryIO, end: int) -> tuple[int, int] | None:
    """The same of an archive with 64-bit fields, None where it has none."""
    if end < LOCATOR_BYTES + END64_BYTES:
        return None
    file.seek(end - LOCATOR_BYTES - END64_BYTES)
    record, locator = file.read(END64_BYTES), file.read(LOCATOR_BYTES)
    if not (record.startswith(END64) and locator.startswith(LOCATOR)):
        return None
    (size,) = struct.unpack("<Q", record[40:48])
    return end - LOCATOR_BYTES - END64_BYTES, size


def _count_members(listing: bytes) -> int:
    """How many members are listed, whatever number the archive claims."""
    at = members = 0
    while listing.startswith(ENTRY, at) and at + ENTRY_BYTES <= len(listing):
        at += ENTRY_BYTES + sum(struct.unpack("<HHH", listing[at + 28 : at + 34]))
        members += 1
        if members > MAX_MEMBERS:
            raise UnreadableFile(f"Expected at most {MAX_MEMBERS:,} files, it lists more")
    return members
