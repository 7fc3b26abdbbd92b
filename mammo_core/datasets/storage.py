"""How a dataset gets onto the disk: prepared aside, then put in place, so that it is whole."""

import hashlib
import json
import os
import re
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil

from mammo_core.errors import BadDataset, MammoError

INDEX, CARD, REFUSED, MASKS = "index.parquet", "dataset.json", "refused.csv", "masks"
SET_ASIDE, DECISIONS = "set_aside.parquet", "decisions.json"
_STAGING = re.compile(r"\.index\.(\d+)\.tmp")
_UNPACKED = re.compile(r"files(-\d+)?")
_DRAWN = re.compile(r"masks-[0-9a-f]{12}")


@contextmanager
def staging(out: Path) -> Iterator[Path]:
    """A folder inside `out` to prepare a dataset in; it vanishes at the end, whatever happens.

    It holds an empty folder MASKS.

    Raises:
        BadDataset: Where `out` cannot be a dataset's folder.
        MammoError: Where the disk is full or the folder cannot be written.
    """
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
    """Put the prepared files in place, each by one replacement, and drop what they replace."""
    before = _unpacked_in(out)
    for file in (aside / MASKS).glob("*.png"):
        (out / masks).mkdir(exist_ok=True)
        os.replace(file, out / masks / file.name)
    for name in (INDEX, CARD, REFUSED):
        os.replace(aside / name, out / name)
    if (aside / SET_ASIDE).exists():
        os.replace(aside / SET_ASIDE, out / SET_ASIDE)
    else:
        (out / SET_ASIDE).unlink(missing_ok=True)
    _sweep(out, masks)
    if before and before != _unpacked_in(out):
        shutil.rmtree(out / before, ignore_errors=True)


def tell_version(card: Mapping[str, Any]) -> str:
    """The fingerprint, and the digest of what was decided on images that stood apart."""
    return "+".join(filter(None, (str(card["fingerprint"]), card.get("decisions"))))


def show_path(path: str, folder: Path, card: Mapping[str, Any]) -> str:
    """An image's path as refused.csv names it: relative to the source where it lies in there."""
    source, file = folder / card.get("source", "."), folder / path
    return file.relative_to(source).as_posix() if file.is_relative_to(source) else str(file)


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
