"""Images that stand apart from a dataset: what the gate says of them, what the user decides.

At indexing the headers speak, at preparing the pixels. What the gate refuses leaves the index for
refused.csv; what it asks about stays in the index, in no split, with gate "ask". Each such image's
row is kept whole in set_aside.parquet, so that a decision can bring it back as it was. Decisions
lie in decisions.json by the file's digest, so that a new index of the same files keeps them.

Nothing is lost where a process dies on the way: a row is written here before it leaves the index,
and the index and refused.csv are made anew from what lies here whenever they differ.
"""

import hashlib
import json
import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mammo_core.datasets import gating
from mammo_core.datasets.dataset import Dataset, load_dataset
from mammo_core.datasets.storage import CARD, DECISIONS, INDEX, REFUSED, SET_ASIDE, show_path
from mammo_core.errors import BadConfiguration, BadDataset, MammoError
from mammo_core.locks import holding
from mammo_core.paths import read_json, write_json, writing
from mammo_core.wording import tally_reasons

if TYPE_CHECKING:
    import pandas as pd

logger = logging.getLogger(__name__)

TOLD = ["image_id", "path", "verdict", "reason", "has_pixels", "decision"]


def read_set_aside(dataset: Dataset) -> "pd.DataFrame":
    """The images that the gate asks about or refuses, in the order of the index.

    Columns: image_id, path, verdict (ask, refuse), reason, has_pixels (False: the file cannot be
    decoded, so that it cannot be taken), decision (missing, take or leave).
    """
    aside = _read_aside(dataset)
    decisions = gating.find_decisions(aside, read_decisions(dataset.path))
    return aside.assign(decision=decisions)[TOLD].reset_index(drop=True)


def gather_all(dataset: Dataset) -> Dataset:
    """The dataset with every image that was indexed, each in the split that it was dealt to."""
    return replace(dataset, index=gating.gather(dataset.index, _read_aside(dataset)))


def set_aside(dataset: Dataset, seen: gating.Seen) -> Dataset:
    """The dataset after its pixels were seen; written down where that changes anything.

    A dataset in a folder that cannot be written serves all the same, without being written.

    Raises:
        BadDataset: Where it was indexed anew in the meantime.
    """
    try:
        with holding(dataset.path):
            current = _reload(dataset)
            settled, aside = _judge(current, seen)
            _write(current, settled, aside)
            return settled
    except BadDataset:
        raise
    except MammoError as error:
        logger.warning("%s; what the gate said of its images is not kept", error)
        return _judge(dataset, seen)[0]


def decide(dataset: Dataset, image_ids: Iterable[str], *, take: bool) -> Dataset:
    """The dataset with these images taken back into their split, or left out of it for good.

    The decision holds for every copy of the file, and after a new index or preparation.

    Raises:
        BadDataset: For an image that doesn't stand apart, or that cannot be decoded and so not
            be taken.
        MammoError: Where the dataset cannot be written.
    """
    wanted = gating.TAKE if take else gating.LEAVE
    return restore_decisions(dataset, dict.fromkeys(image_ids, wanted))


def restore_decisions(dataset: Dataset, wanted: Mapping[str, str | None]) -> Dataset:
    """The dataset with these decisions, TAKE or LEAVE by image; None for none.

    Raises:
        BadDataset: As `decide` does.
        MammoError: Where the dataset cannot be written.
    """
    with holding(dataset.path):
        current = _reload(dataset)
        aside = _read_aside(current)
        decisions: dict[str, str | None] = dict(read_decisions(current.path))
        for decision in dict.fromkeys(wanted.values()):
            image_ids = [image_id for image_id, one in wanted.items() if one == decision]
            digests = _digests_of(aside, image_ids, decision == gating.TAKE)
            decisions |= dict.fromkeys(digests, decision)
        kept = {digest: one for digest, one in decisions.items() if one is not None}
        write_json(current.path / DECISIONS, kept)
        settled = _settle(current, gating.gather(current.index, aside), aside)
        _write(current, settled, aside)
        return settled


def choose_set_aside(
    dataset: Dataset, image_ids: Sequence[str], reason: str | None, *, take: bool = False
) -> list[str]:
    """The ids given, or those of all images that were set aside for a reason with this text.

    Args:
        dataset: The dataset.
        image_ids: Checked by `decide`.
        reason: Part of a reason, in any case of letters.
        take: Whether only images count that can be taken.

    Raises:
        BadConfiguration: Unless there are either ids or a reason.
        BadDataset: Where no reason has the text.
    """
    if bool(image_ids) == (reason is not None):
        raise BadConfiguration("Expected either ids of images or --reason TEXT; give one of them")
    if reason is None:
        return list(image_ids)
    apart = read_set_aside(dataset)
    fits = apart["reason"].str.contains(reason, case=False, regex=False)
    if take:
        fits &= apart["has_pixels"]
    if not fits.any():
        told = "; ".join(apart["reason"].value_counts().index[:3]) or "nothing was set aside"
        raise BadDataset(f"No image was set aside for a reason with '{reason}': {told}")
    return list(apart.loc[fits, "image_id"])


def describe_set_aside(dataset: Dataset) -> dict[str, Any]:
    """The images that were set aside, as the verb lists them: counts, reasons, and each image."""
    apart = read_set_aside(dataset)
    rows = apart.astype(object).where(apart.notna(), None)
    return {
        "set_aside": len(apart),
        "undecided": int(apart["decision"].isna().sum()),
        "reasons": tally_reasons(apart["reason"]),
        "images": rows.to_dict("records"),
    }


def read_decisions(folder: Path) -> dict[str, str]:
    """TAKE or LEAVE by digest, as decided in a dataset's folder.

    Raises:
        BadDataset: Where the file is damaged.
    """
    file = folder / DECISIONS
    if not file.is_file():
        return {}
    try:
        content = read_json(file)
    except MammoError as error:
        raise BadDataset(f"{error}; delete it to decide anew") from None
    if not isinstance(content, dict) or set(content.values()) - {gating.TAKE, gating.LEAVE}:
        raise BadDataset(f"Expected digests with take or leave in {file}; delete it")
    return dict(content)


def summarize_decisions(aside: "pd.DataFrame", decisions: Mapping[str, str]) -> str | None:
    """Twelve hex digits of what was decided about these images, None where nothing was."""
    decided = gating.find_decisions(aside, decisions).dropna()
    if decided.empty:
        return None
    told = sorted(zip(aside.loc[decided.index, "image_id"], decided, strict=True))
    return hashlib.sha256(json.dumps(told).encode()).hexdigest()[:12]


def _judge(dataset: Dataset, seen: gating.Seen) -> tuple[Dataset, "pd.DataFrame"]:
    aside = _read_aside(dataset)
    whole = gating.gather(dataset.index, aside)
    hashes = whole["image_id"].map(dict(seen.hashes)).astype("str")
    whole = whole.assign(sha256=hashes.fillna(whole["sha256"]))
    aside = gating.set_judged_aside(whole, aside, seen)
    return _settle(dataset, whole, aside), aside


def _settle(dataset: Dataset, whole: "pd.DataFrame", aside: "pd.DataFrame") -> Dataset:
    decisions = read_decisions(dataset.path)
    index = gating.settle(whole, aside, decisions)
    index.attrs.update(dataset.index.attrs)
    card = {key: value for key, value in dataset.card.items() if key != "decisions"}
    summary = summarize_decisions(aside, decisions)
    if summary:
        card["decisions"] = summary
    return replace(dataset, index=index, card=card)


def _reload(dataset: Dataset) -> Dataset:
    """The dataset as it is now on the disk, where another process may have changed it."""
    current = load_dataset(dataset.path)
    _check_same(dataset.path, current.fingerprint, dataset.fingerprint)
    return current


def _check_same(folder: Path, now: str, before: str) -> None:
    if now != before:
        raise BadDataset(f"{folder} was indexed anew in the meantime; run this again")


def _read_aside(dataset: Dataset) -> "pd.DataFrame":
    import pandas as pd
    import pyarrow

    file = dataset.path / SET_ASIDE
    if not file.is_file():
        return gating.no_aside(dataset.index)
    try:
        aside = pd.read_parquet(file)
    except (pyarrow.ArrowException, OSError) as error:
        raise BadDataset(f"{file} is damaged: {str(error).splitlines()[0]}; index again") from None
    if aside.attrs.get("fingerprint") != dataset.fingerprint:
        return gating.no_aside(dataset.index)
    return aside


def _digests_of(aside: "pd.DataFrame", image_ids: list[str], take: bool) -> list[str]:
    rows = aside.set_index("image_id")
    unknown = [image_id for image_id in image_ids if image_id not in rows.index]
    if unknown:
        known = ", ".join(list(rows.index)[:3]) or "none"
        raise BadDataset(f"'{unknown[0]}' was not set aside; {len(rows)} images were: {known}")
    chosen = rows.loc[image_ids]
    if take and not chosen["has_pixels"].all():
        image_id, reason = next(chosen.loc[~chosen["has_pixels"], "reason"].items())
        raise BadDataset(f"'{image_id}' cannot be taken, because it cannot be read: {reason}")
    if chosen["digest"].isna().any():
        raise BadDataset("The index is of an earlier version without digests; index again")
    return list(chosen["digest"])


def _write(before: Dataset, after: Dataset, aside: "pd.DataFrame") -> None:
    """Write what changed: first the rows apart, then what is made from them.

    Raises:
        BadDataset: Where it was indexed anew in the meantime, as from another home.
    """
    folder = after.path
    _check_same(folder, read_json(folder / CARD).get("fingerprint"), before.fingerprint)
    if not aside.equals(_read_aside(before)):
        _write_parquet(aside, folder / SET_ASIDE, after.fingerprint)
    if not after.index.equals(before.index):
        _write_parquet(after.index, folder / INDEX, after.fingerprint)
    _write_refused(after, aside)
    if after.card != before.card:
        write_json(folder / CARD, after.card)


def _write_parquet(frame: "pd.DataFrame", file: Path, fingerprint: str) -> None:
    frame.attrs["fingerprint"] = fingerprint
    with writing(file) as temporary:
        frame.to_parquet(temporary, index=False)


def _write_refused(dataset: Dataset, aside: "pd.DataFrame") -> None:
    """Renew refused.csv: what indexing refused, then what is left out of these."""
    import pandas as pd

    file = dataset.path / REFUSED
    before = pd.read_csv(file, dtype="str") if file.is_file() else _refused([])
    ours = {show_path(path, dataset.path, dataset.card) for path in aside["path"]}
    left_out = [
        (show_path(path, dataset.path, dataset.card), reason)
        for path, reason in gating.list_left_out(dataset.index, aside)
    ]
    after = pd.concat([before[~before["file"].isin(ours)], _refused(left_out)], ignore_index=True)
    if not after.equals(before):
        with writing(file) as temporary:
            after.to_csv(temporary, index=False)


def _refused(pairs: list[tuple[str, str]]) -> "pd.DataFrame":
    import pandas as pd

    return pd.DataFrame(pairs, columns=["file", "reason"], dtype="str")
