"""The images that a model finds hardest: where wrong labels and odd images show up.

A training leaves them in losses.csv of the model's folder, the highest loss first. What a network
has learnt by heart, a wrong label among the training images too, has a low loss all the same.
"""

import csv
import io
import math
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mammo_core.errors import BadTable
from mammo_core.paths import write_text

FILE = "losses.csv"
Row = dict[str, Any]
"""image_id, patient_id, split, label, predicted, loss, p_label, source, manufacturer."""

FACTS = ("image_id", "patient_id", "split", "label", "source", "manufacturer")
COLUMNS = (
    "image_id", "patient_id", "split", "label", "predicted", "loss", "p_label", "source",
    "manufacturer",
)  # fmt: skip
GROUPS = {
    "source": "come from {}",
    "manufacturer": "were taken with {}",
    "label": "are labeled {}",
    "patient_id": "are of patient {}",
}
"""What the highest losses are searched for having in common, and the words for it."""
N_TOP = 20
SURPRISE = 0.01
"""Chance of so many in one group of any kind, below which it is told."""


def rank_losses(
    facts: Sequence[Row], classes: Sequence[str], probabilities: NDArray[np.floating]
) -> list[Row]:
    """The images by falling cross-entropy, with what was predicted.

    Args:
        facts: `FACTS` of each image; None or "" where unknown.
        classes: Names, mildest first.
        probabilities: (N, K) of the images in inference mode.
    """
    codes = {name: code for code, name in enumerate(classes)}
    labels = np.array([codes[row["label"]] for row in facts], dtype=int)
    p_label = probabilities[np.arange(len(labels)), labels].astype(float)
    losses = -np.log(np.maximum(p_label, 1e-7))
    rows = [
        {
            **{name: row.get(name) or "" for name in FACTS},
            "predicted": classes[int(probabilities[place].argmax())],
            "loss": round(float(losses[place]), 6),
            "p_label": round(float(p_label[place]), 6),
        }
        for place, row in enumerate(facts)
    ]
    return sorted(rows, key=lambda row: (-row["loss"], str(row["image_id"])))


def write_losses(folder: Path, rows: Sequence[Row]) -> None:
    """Write losses.csv into a model's folder."""
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    write_text(folder / FILE, buffer.getvalue())


def read_losses(folder: Path) -> list[Row]:
    """The rows of a model folder's losses.csv, the highest loss first; empty where it has none.

    Raises:
        BadTable: Where the file is not what a training writes.
    """
    path = folder / FILE
    if not path.exists():
        return []
    try:
        rows: list[Row] = list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8"))))
        for row in rows:
            row["loss"], row["p_label"] = float(row["loss"]), float(row["p_label"])
    except (OSError, UnicodeDecodeError, KeyError, TypeError, ValueError, csv.Error) as error:
        raise BadTable(f"Cannot read {path}: {error}; train again to renew it") from error
    return rows


def find_common_traits(rows: Sequence[Row], n_top: int = N_TOP) -> list[str]:
    """Sentences on what the highest losses have in common beyond chance.

    A group counts where so many of its images would be among the highest by chance in less than
    one of a hundred cases, shared among the groups of its kind (hypergeometric, Bonferroni).

    Args:
        rows: As `read_losses` gives them.
        n_top: How many count as the highest.
    """
    top, sentences = rows[:n_top], []
    for name, words in GROUPS.items():
        everywhere = Counter(row[name] for row in rows if row.get(name))
        among = Counter(row[name] for row in top if row.get(name))
        for value, n_among in among.most_common():
            chance = _chance_of(n_among, len(top), everywhere[value], len(rows))
            if n_among > 1 and chance < SURPRISE / len(everywhere):
                share = everywhere[value] / len(rows)
                sentences.append(
                    f"{n_among} of the {len(top)} highest losses {words.format(value)} "
                    f"({share:.0%} of all images)"
                )
    return sentences


def _chance_of(n_among: int, n_top: int, n_group: int, n_all: int) -> float:
    """The chance that at least so many of a group are among the top, drawn blindly."""
    ways = sum(
        math.comb(n_group, hits) * math.comb(n_all - n_group, n_top - hits)
        for hits in range(n_among, min(n_top, n_group) + 1)
    )
    return ways / math.comb(n_all, n_top)
