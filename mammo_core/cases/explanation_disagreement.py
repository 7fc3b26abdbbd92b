"""How far the kept explanations of an image are apart."""

import os
import re
import time
from collections.abc import Collection, Iterable
from functools import lru_cache
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mammo_core.explanation_folders import explanations_folder, safe_name
from mammo_core.types import Progress, no_progress

if TYPE_CHECKING:
    from mammo_core.explanations import Explanation

DIGEST = re.compile(r"-[0-9a-f]{12}$")
"""How the name of a folder ends whose image's id is no file name."""
MOST_KEPT = 200_000
"""Of images whose number is kept in memory."""
SETTLED_NS = 2_000_000_000
"""A folder that changed since may change again within one tick of its file system's clock."""


class KeptMaps(NamedTuple):
    """What a model's folder of explanations holds; another value once a map was added.

    Attributes:
        folder: Of the model.
        images: The name of each image's folder and when it changed, in nanoseconds; of one that
            changed just now, when that was seen.
    """

    folder: Path
    images: tuple[tuple[str, int], ...] = ()


def find_kept_maps(model_sha256: str) -> KeptMaps:
    """The images with kept maps, by one look into one folder."""
    folder, now = explanations_folder(model_sha256), time.time_ns()
    try:
        with os.scandir(folder) as entries:
            changes = [(one.name, os.stat(one.path).st_mtime_ns) for one in entries if one.is_dir()]
    except OSError:  # no map is kept, or the folder went while it was looked at
        return KeptMaps(folder)
    found = [(name, at if now - at > SETTLED_NS else now) for name, at in changes]
    return KeptMaps(folder, tuple(sorted(found)))


def find_comparable(image_ids: pd.Series, kept: KeptMaps) -> dict[int, tuple[Path, int]]:
    """Of the rows whose image has maps by two methods for one target, its folder and its time.

    Args:
        image_ids: (N,) texts.
        kept: Of `find_kept_maps`.
    """
    if not kept.images:
        return {}
    rows = _find_rows(image_ids, dict(kept.images))
    folders = ((name, kept.folder / name, changed) for name, changed in kept.images)
    return {
        rows[name]: (path, changed)
        for name, path, changed in folders
        if name in rows and _has_pairs(path, changed)
    }


def _find_rows(image_ids: pd.Series, folders: Collection[str]) -> dict[str, int]:
    """The row of each folder's image; ids are spelled anew only for folders that need it."""
    named = np.flatnonzero(image_ids.isin(list(folders)))
    rows = {str(image_ids.iloc[row]): int(row) for row in named}
    if any(DIGEST.search(name) for name in folders if name not in rows):
        return {safe_name(str(name)): row for row, name in enumerate(image_ids)}
    return rows


def explanation_disagreement(
    image_ids: pd.Series, kept: KeptMaps, *, progress: Progress = no_progress
) -> NDArray[np.float64]:
    """(N,) 1 - mean rank correlation between the maps of each image, in [0, 2].

    0 is the same order of all places, 1 none in common, 2 the reverse. NaN where fewer than two
    methods explained the same class of the image. See `disagree`.

    Args:
        image_ids: (N,) texts.
        kept: Of `find_kept_maps`.
        progress: Told before each image whose maps must be read.
    """
    found = find_comparable(image_ids, kept)
    values = np.full(len(image_ids), np.nan)
    for number, (row, (folder, changed)) in enumerate(found.items()):
        progress(number, len(found), "Comparing explanations")
        values[row] = _disagree_within(folder, changed)
    return values


def disagree(maps: "Iterable[Explanation]") -> float:
    """1 - the mean of Spearman's rank correlation over the pairs of maps of the same class.

    They are compared as by `rank_agreement`, signed ones with their sign. Pairs with a map
    that is the same everywhere do not count; NaN where no pair is left.
    """
    by_target = sorted(maps, key=_target_of)
    of_pairs = [
        correlation
        for _, group in groupby(by_target, key=_target_of)
        for correlation in _correlate([one.upsample() for one in group])
    ]
    known = [value for value in of_pairs if np.isfinite(value)]
    return 1 - float(np.mean(known)) if known else float("nan")


def _target_of(one: "Explanation") -> tuple[str, str]:
    """The class, and the pixels: images of two datasets may have the same name."""
    return one.target, str(one.key["image_sha256"])


def _correlate(maps: list[NDArray[np.float32]]) -> NDArray[np.float64]:
    """(pairs,) rank correlations of each two maps."""
    from mammo_core.evidence.agreement import rank_agreement  # not needed where no map is kept

    found = rank_agreement({str(number): one[None] for number, one in enumerate(maps)})
    return found.correlations[0][np.triu_indices(len(maps), k=1)]


@lru_cache(maxsize=MOST_KEPT)
def _disagree_within(folder: Path, changed: int) -> float:
    """Of the maps in an image's folder as it was then."""
    from mammo_core.explanations import read_file

    read = (read_file(path) for path in _list_maps(folder).values())
    return disagree(one for one in read if one is not None)


@lru_cache(maxsize=MOST_KEPT)
def _has_pairs(folder: Path, changed: int) -> bool:
    targets = [target for _, target in _list_maps(folder)]
    return len(set(targets)) < len(targets)


def _list_maps(folder: Path) -> dict[tuple[str, str], Path]:
    """The newest file by method and class, without the controls, which know nothing of the model.

    The class is as the file's name spells it.
    """
    from mammo_core.attribution import METHODS

    found = {}
    for path in _oldest_first(folder):
        method, _, target = [*path.stem.split("-", 2), "", ""][:3]
        if method in METHODS and not METHODS[method].is_control:
            found[method, target] = path
    return found


def _oldest_first(folder: Path) -> list[Path]:
    try:
        return sorted(folder.glob("*.npz"), key=lambda path: path.stat().st_mtime_ns)
    except OSError:  # the model was removed meanwhile
        return []
