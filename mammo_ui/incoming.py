"""Archives that a user uploads to become datasets: kept until they are indexed, then dropped."""

import hashlib
import os
import shutil
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from mammo_core.errors import MammoError, UnreadableFile
from mammo_core.paths import state_folder, writing

ARCHIVE, FILES = "upload.zip", "files"


@dataclass(frozen=True)
class Source:
    """What a dataset is to be made of.

    Attributes:
        name: What its user calls it.
        folder: What is looked into before anything runs.
        root: What is indexed: the same, or the archive that was unpacked for the look.
        left_out: How many members of the archive were not unpacked, by the reason.
    """

    name: str
    folder: Path
    root: Path
    left_out: dict[str, int]


def open_folder(text: str) -> Source:
    """A folder or table of the user's own, which stays where it is."""
    path = Path(os.path.expanduser(text)).absolute()  # the index runs in a folder of its own
    return Source(path.stem, path, path, {})


def open_upload(name: str, content: bytes) -> Source:
    """An uploaded archive, unpacked to be looked into; what was uploaded before is dropped.

    Raises:
        MammoError: Where the archive is hostile or damaged, or the disk has no room.
    """
    from mammo_core.datasets.archives import unpack
    from mammo_core.datasets.sources import descend

    drop_all()
    place = _waiting() / hashlib.sha256(content).hexdigest()[:16]
    try:
        with writing(place / ARCHIVE) as temporary:
            temporary.write_bytes(content)
        unpacked = unpack(place / ARCHIVE, place / FILES)
    except UnreadableFile as error:
        drop_all()
        raise UnreadableFile(str(error).replace(ARCHIVE, name)) from None
    except MammoError:
        drop_all()
        raise
    left_out = Counter(refusal.reason for refusal in unpacked.refusals)
    name = Path(name).stem
    return Source(name, descend(unpacked.folder), place / ARCHIVE, dict(left_out.most_common()))


def drop_all() -> None:
    """Remove what was uploaded; an index has its own copy of the files."""
    shutil.rmtree(_waiting(), ignore_errors=True)


def _waiting() -> Path:
    return state_folder() / "incoming"
