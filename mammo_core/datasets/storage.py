"""How a dataset gets onto the disk: prepared aside, then put in place, so that it is whole.

The rename of the folder with the new index and its tables to PENDING is the one moment at which
the new dataset takes the old one's place. Whoever is stopped before it leaves the old one; after
it, the next one to load or index the dataset moves what still lies in PENDING to its place.
"""

import hashlib
import json
import logging
import os
import re
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil

from mammo_core.errors import BadDataset, MammoError
from mammo_core.locks import holding_where_possible

logger = logging.getLogger(__name__)

INDEX, CARD, REFUSED, MASKS = "index.parquet", "dataset.json", "refused.csv", "masks"
SET_ASIDE, DECISIONS = "set_aside.parquet", "decisions.json"
PENDING = ".index.published"
"""The folder with files of a dataset that is the valid one already, but not in place yet."""
_STAGING = re.compile(r"\.index\.(\d+)\.tmp")
_UNPACKED = re.compile(r"files(-\d+)?")
_DRAWN = re.compile(r"masks-[0-9a-f]{12}")


@contextmanager
def staging(out: Path) -> Iterator[Path]:
    """A folder inside `out` to prepare a dataset in; it vanishes at the end, whatever happens.

    It holds an empty folder MASKS. What an earlier publication left is put in place first.

    Raises:
        BadDataset: Where `out` cannot be a dataset's folder.
        MammoError: Where the disk is full or the folder cannot be written.
    """
    finish_publication(out)
    _check_target(out)
    aside = out / f".index.{os.getpid()}.tmp"
    is_new = not os.path.lexists(out)
    try:
        (aside / MASKS).mkdir(parents=True, exist_ok=True)
        yield aside
    except OSError as error:
        raise MammoError(
            f"Cannot write the dataset {out}: {error.strerror or error}; "
            "what lay there before is intact"
        ) from error
    finally:
        shutil.rmtree(aside, ignore_errors=True)
        if is_new and out.is_dir() and not any(out.iterdir()):
            out.rmdir()


def seal_masks(aside: Path) -> str:
    """The name that the drawn masks' folder will have in the dataset, from what they show.

    Named by content, they never overwrite the masks that an earlier index refers to.
    """
    digest = hashlib.sha256()
    for file in sorted((aside / MASKS).glob("*.png")):
        digest.update(file.name.encode() + file.read_bytes())
    return f"{MASKS}-{digest.hexdigest()[:12]}"


def publish(aside: Path, out: Path, masks: str) -> None:
    """Make the prepared files the dataset by one rename, and drop what they replace.

    Args:
        aside: With INDEX, SET_ASIDE, REFUSED, CARD and drawn masks.
        out: The dataset's folder.
        masks: The masks' folder in there.

    Raises:
        OSError: Where the disk fails before that rename; the earlier dataset is intact then.
        InUse: Where another process changes the dataset for too long.
    """
    with holding_where_possible(out):
        before = _unpacked_in(out)
        for file in (aside / MASKS).glob("*.png"):
            (out / masks).mkdir(exist_ok=True)
            os.replace(file, out / masks / file.name)
        (aside / MASKS).rmdir()
        os.replace(aside, out / PENDING)
        try:
            finish_publication(out)
        except MammoError as error:
            logger.warning("%s", error)
            return
        _sweep(out, masks)
        if before and before != _unpacked_in(out):
            shutil.rmtree(out / before, ignore_errors=True)


def finish_publication(out: Path) -> None:
    """Put in place what a publication that was stopped left in PENDING; mostly there is nothing.

    Raises:
        MammoError: Where the files cannot be moved, or another process changes the dataset.
    """
    pending = out / PENDING
    if not os.path.isdir(pending):
        return
    with holding_where_possible(out):
        try:
            for name in (SET_ASIDE, REFUSED, INDEX, CARD):
                if (pending / name).exists():
                    os.replace(pending / name, out / name)
        except OSError as error:
            raise MammoError(
                f"{out} was indexed, but its files cannot be put in place: "
                f"{error.strerror or error}; close what uses them, then try again"
            ) from error
        shutil.rmtree(pending, ignore_errors=True)


def tell_version(card: Mapping[str, Any]) -> str:
    """The fingerprint, and the digest of what was decided on images that stood apart."""
    return "+".join(filter(None, (str(card["fingerprint"]), card.get("decisions"))))


def show_path(path: str, folder: Path, card: Mapping[str, Any]) -> str:
    """An image's path as refused.csv names it: relative to the source where it lies in there."""
    source, file = folder / card.get("source", "."), folder / path
    return file.relative_to(source).as_posix() if file.is_relative_to(source) else str(file)


def remove_index(out: Path) -> None:
    """Remove what an index wrote into a folder, and the folder if nothing else is in it.

    Files that were indexed where they lie stay; what an archive was unpacked into goes.

    Raises:
        MammoError: Where something cannot be removed.
    """
    unpacked = _unpacked_in(out)
    folders = [path for path in out.iterdir() if _DRAWN.fullmatch(path.name) and path.is_dir()]
    folders += [out / unpacked] if unpacked and _UNPACKED.fullmatch(unpacked) else []
    try:
        for name in (INDEX, CARD, REFUSED, SET_ASIDE, DECISIONS):
            (out / name).unlink(missing_ok=True)
        for folder in folders:
            shutil.rmtree(folder)
        if not any(out.iterdir()):
            out.rmdir()
    except OSError as error:
        raise MammoError(f"Cannot remove {out}: {error.strerror or error}") from error


def _unpacked_in(out: Path) -> str | None:
    """The folder that an index unpacked an archive into, None where it did not."""
    try:
        name = json.loads((out / CARD).read_text(encoding="utf-8")).get("unpacked")
    except (OSError, ValueError, AttributeError):
        return None
    return name if isinstance(name, str) and _UNPACKED.fullmatch(name) else None


def _check_target(out: Path) -> None:
    if os.path.isfile(out):
        raise BadDataset(f"Expected a folder to write the dataset to, got the file {out}")
    if os.path.isfile(out / INDEX) and not os.path.isfile(out / CARD):
        raise BadDataset(f"{out} holds an {INDEX} that is no dataset's; name another folder")


def _sweep(out: Path, masks: str) -> None:
    """Remove masks of earlier indexes and what a killed process left."""
    for folder in out.iterdir():
        left = _STAGING.fullmatch(folder.name)
        is_stale = left and not psutil.pid_exists(int(left[1]))
        if is_stale or (_DRAWN.fullmatch(folder.name) and folder.name != masks):
            shutil.rmtree(folder, ignore_errors=True)
