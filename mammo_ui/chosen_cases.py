"""The cases that a choice and a selection are about; what is computed is kept until they change.

Columns, orders and masks are arrays of one small number a case, kept under values that say which
table, threshold and selection they belong to. Only the cases on the screen become texts.
"""

import logging
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

from mammo_core.errors import BadTable
from mammo_core.image_sets import read_set
from mammo_ui import chosen_reviews, library
from mammo_ui.chosen_reviews import ReviewsKey
from mammo_ui.chosen_rows import Rows, read_rows, read_table, rows_of

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

    from mammo_core.cases import Cases, Codes, Facet, Kept
    from mammo_core.cases.explanation_disagreement import KeptMaps
    from mammo_ui.state import Choice, Selection

    Places = NDArray[np.intp]

LOG = logging.getLogger(__name__)
Beside = "Rows | str | KeptMaps | None"
OF_JUDGMENT = ("outcome", "true", "predicted")
OF_REVIEWS = ("tag", "status", "note")
MOST_VALUES = 40
"""A further column with more values than this tells rows apart instead of grouping them."""


class Asked(NamedTuple):
    """What is kept of which cases: all that the answer depends on but the order."""

    rows: Rows
    threshold: float
    facets: tuple[tuple[str, tuple[str, ...]], ...]
    find: str
    scores: tuple[float, float] | None
    kept: str
    reviews: ReviewsKey


@dataclass(frozen=True)
class Walk:
    """Where a case stands among the chosen ones.

    Attributes:
        n: How many are chosen.
        place: 0 for the first; None where the case is not among them.
        previous: The image id before it, None where there is none.
        following: The one after it.
    """

    n: int
    place: int | None
    previous: str | None = None
    following: str | None = None


def ask(choice: "Choice", selection: "Selection") -> Asked:
    """What a choice and a selection keep."""
    return Asked(
        rows_of(choice),
        choice.threshold,
        selection.key[0],
        selection.find,
        selection.scores,
        selection.kept,
        chosen_reviews.key_of(choice),
    )


def find_places(choice: "Choice", selection: "Selection") -> "Places":
    """The places of the cases that a selection keeps, in its order."""
    return _places(ask(choice, selection), selection.sort, _beside(choice, selection))


def list_rows(choice: "Choice", selection: "Selection", places: "Places") -> list[dict[str, Any]]:
    """The cases at these places, each with what it is sorted by and what was said of it."""
    rows = judge(rows_of(choice)).rows(places, choice.threshold)
    values = _values(rows_of(choice), selection.sort, _beside(choice, selection))[places]
    reviews = chosen_reviews.read(chosen_reviews.key_of(choice))
    return [
        row | chosen_reviews.describe(reviews, row["image_id"]) | {selection.sort: _known(value)}
        for row, value in zip(rows, values.tolist(), strict=True)
    ]


def _known(value: float) -> float | None:
    return None if value != value else value


def tabulate(choice: "Choice", places: "Places") -> "pd.DataFrame":
    """The cases at these places as a table; see `Cases.table`."""
    return judge(rows_of(choice)).table(places, choice.threshold)


def image_ids(choice: "Choice", places: "Places") -> list[str]:
    """The images at these places."""
    return [str(name) for name in judge(rows_of(choice)).image_ids.iloc[places]]


def write_csv(choice: "Choice", places: "Places", only: Collection[str] = ()) -> str:
    """The cases at these places as CSV, with what was said of each; `only` those images if any."""
    from mammo_core.cases.export import write_cases

    table = tabulate(choice, places)
    kept = table[table["image_id"].isin(list(only))] if only else table
    return write_cases(kept, chosen_reviews.read(chosen_reviews.key_of(choice)))


def count_facets(
    choice: "Choice", selection: "Selection", names: tuple[str, ...]
) -> dict[str, dict[str, int]]:
    """For each facet how many cases each of its values has under the other filters."""
    return _counts(ask(choice, selection), names)


def list_further_columns(choice: "Choice", known: tuple[str, ...]) -> tuple[str, ...]:
    """The table's other columns that group cases unlike those before them, in its order."""
    alike = list_alike(choice, known)
    folded = {name for others in alike.values() for name in others}
    further = _further(rows_of(choice).images, known)
    return tuple(name for name in further if name not in folded)


def list_alike(choice: "Choice", known: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    """The columns with the further ones that split the images as they do, which are no filters."""
    return _alike(rows_of(choice).images, known)


def walk(choice: "Choice", selection: "Selection", image_id: str) -> Walk:
    """Where an image stands among the selected cases, and who stands beside it."""
    places, ids = find_places(choice, selection), judge(rows_of(choice)).image_ids
    found = (places == _place_of(rows_of(choice), image_id)).nonzero()[0]
    if not len(found):
        return Walk(len(places), None)
    at = int(found[0])
    beside = [str(ids.iloc[places[i]]) if 0 <= i < len(places) else None for i in (at - 1, at + 1)]
    return Walk(len(places), at, *beside)


def first_case(choice: "Choice", selection: "Selection") -> str | None:
    """The first of the selected cases, None where there is none."""
    return next(iter(image_ids(choice, find_places(choice, selection)[:1])), None)


def find_case(choice: "Choice", image_id: str) -> dict[str, Any] | None:
    """Everything known of one image of any split, judged by itself; None for an unknown one."""
    rows = rows_of(choice).images.of_split("all")
    place = _place_of(rows, image_id)
    if place < 0:
        return None
    table, cases = read_rows(rows), judge(rows)
    p = zip([f"p_{name}" for name in table.classes], table.probabilities[place], strict=True)
    return cases.rows(slice_at(place), choice.threshold)[0] | dict(p)


def worst_mistakes(choice: "Choice", n: int) -> list[dict[str, Any]]:
    """The `n` wrongly judged cases with the largest loss."""
    rows = rows_of(choice)
    order = _order(rows, "loss", None)
    cases = judge(rows)
    return cases.rows(order[~cases.correct[order]][:n], choice.threshold)


def slice_at(place: int) -> "Places":
    """One place as an array."""
    import numpy as np

    return np.array([place])


@lru_cache(maxsize=4)
def judge(rows: Rows) -> "Cases":
    """All cases of some rows."""
    from mammo_core.cases import judge_cases

    images, units = read_rows(rows.images), read_rows(rows)
    return judge_cases(images, units, positive=images.classes[-1])


@lru_cache(maxsize=64)
def _column(rows: Rows, name: str) -> "Codes":
    """A column of the metadata; it is the same at each level, so ask for that of the images."""
    from mammo_core.cases import encode, encode_ages

    column = read_rows(rows).frame[name]
    return encode_ages(column) if name == "age" else encode(column)


@lru_cache(maxsize=8)
def _reviewed(rows: Rows, key: ReviewsKey) -> "dict[str, Facet]":
    return chosen_reviews.build_facets(key, read_rows(rows).frame["image_id"])


@lru_cache(maxsize=8)
def _outcomes(rows: Rows, threshold: float) -> "Codes":
    return judge(rows).outcomes(threshold)


def _facet(asked: Asked, name: str) -> "Facet | None":
    """A facet by name, None for a column that the table lacks."""
    images = asked.rows.images
    if name == "outcome":
        return _outcomes(asked.rows, asked.threshold)
    if name in OF_JUDGMENT:
        return judge(asked.rows).true if name == "true" else judge(asked.rows).predicted
    if name in OF_REVIEWS:
        return _reviewed(images, asked.reviews).get(name)
    return _column(images, name) if name in read_rows(images).frame else None


@lru_cache(maxsize=8)
def _kept(asked: Asked) -> "Kept":
    from mammo_core.cases import Filters, keep

    cases, among = judge(asked.rows), read_set(asked.kept)
    facets = {name: facet for name, _ in asked.facets if (facet := _facet(asked, name))}
    ids = among and among.image_ids
    filters = Filters(dict(asked.facets), asked.find, asked.scores, ids)
    return keep(cases.image_ids, cases.score, facets, filters)


@lru_cache(maxsize=8)
def _places(asked: Asked, sort: str, beside: Beside) -> "Places":
    return _kept(asked).in_order(_order(asked.rows, sort, beside))


@lru_cache(maxsize=8)
def _counts(asked: Asked, names: tuple[str, ...]) -> dict[str, dict[str, int]]:
    kept = _kept(asked)
    found = {name: _facet(asked, name) for name in names}
    return {
        name: facet.count(kept.under_others(name)) if facet else {} for name, facet in found.items()
    }


@lru_cache(maxsize=8)
def _order(rows: Rows, sort: str, beside: Beside) -> "Places":
    from mammo_core.cases import order_by

    return order_by(_values(rows, sort, beside))


@lru_cache(maxsize=8)
def _values(rows: Rows, sort: str, beside: Beside) -> "NDArray[np.float64]":
    """(N,) what the cases are sorted by; NaN where it is undefined."""
    cases = judge(rows)
    if sort in OF_IMAGES:
        return OF_IMAGES[sort](cases, beside)
    if sort == "disagreement":
        return _disagreements(rows, beside)[cases.unit]
    return {"loss": cases.loss, "uncertainty": cases.uncertainty, "score": cases.score}[sort]


def _lesion_sizes(cases: "Cases", dataset: str) -> "NDArray[np.float64]":
    """(N,) area of each image's own lesions in mm²."""
    import numpy as np

    from mammo_core.datasets.lesion_sizes import read_lesion_sizes

    sizes = read_lesion_sizes(library.require_dataset(dataset))
    found, places = np.full(len(cases), np.nan), cases.places_of(sizes)
    found[places] = [sizes[name] for name in cases.image_ids.iloc[places]]
    return found


def _explanations_apart(cases: "Cases", kept: "KeptMaps") -> "NDArray[np.float64]":
    """(N,) how far the explanations of each image itself are apart."""
    from mammo_core.cases.explanation_disagreement import explanation_disagreement

    return explanation_disagreement(cases.image_ids, kept)


OF_IMAGES: "dict[str, Callable[[Cases, Any], NDArray[np.float64]]]" = {
    "lesion_size": _lesion_sizes,
    "explanations": _explanations_apart,
}
"""Orders by what an image has of its own, at any level."""


def _disagreements(rows: Rows, other: Rows | None) -> "NDArray[np.float64]":
    """(U,) how far the scores of two models' units are apart; NaN where the other has none."""
    import numpy as np

    from mammo_core.metrics.disagreement import disagreement

    units = read_rows(rows)
    if other is None:
        return np.full(len(units), np.nan)
    try:
        return disagreement(units, read_rows(other))
    except BadTable as error:
        LOG.info("Nothing to disagree with: %s", error)
        return np.full(len(units), np.nan)


def list_others(choice: "Choice") -> list[str]:
    """The other models that have predictions for the dataset."""
    return [
        model.id
        for model in library.list_models()
        if model.id != choice.model.id and library.has_predictions(model, choice.dataset)
    ]


def count_explained(choice: "Choice") -> int:
    """How many of the chosen images have explanations that can be compared."""
    return _n_explained(rows_of(choice).images, _kept_maps(choice))


def count_images(choice: "Choice") -> int:
    """How many images are chosen before any filter."""
    return len(judge(rows_of(choice)))


def _kept_maps(choice: "Choice") -> "KeptMaps":
    from mammo_core.cases.explanation_disagreement import find_kept_maps

    return find_kept_maps(choice.model.sha256)


@lru_cache(maxsize=8)
def _n_explained(rows: Rows, kept: "KeptMaps") -> int:
    from mammo_core.cases.explanation_disagreement import find_comparable

    return len(find_comparable(read_rows(rows).frame["image_id"], kept)) if kept.images else 0


def _beside(choice: "Choice", selection: "Selection") -> Beside:
    """What the order takes beside the cases: the dataset, another model's rows, the kept maps.

    The other model is that asked for, else the first; None where there is none, or no need.
    """
    if selection.sort == "lesion_size":
        return choice.dataset
    if selection.sort == "explanations":
        return _kept_maps(choice)
    others = list_others(choice) if selection.sort == "disagreement" else []
    if not others:
        return None
    name = selection.other if selection.other in others else others[0]
    return rows_of(replace(choice, model=library.find_model(name)))


@lru_cache(maxsize=8)
def _further(rows: Rows, known: tuple[str, ...]) -> tuple[str, ...]:
    from mammo_core.metrics.attributes import IDENTITY

    frame = read_table(rows.path, rows.version).frame
    names = [n for n in frame.columns if n not in IDENTITY.union(known) and not n.startswith("p_")]
    return tuple(n for n in names if 1 < len(_column(rows, n).values) <= MOST_VALUES)


@lru_cache(maxsize=8)
def _alike(rows: Rows, known: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    from mammo_core.metrics.attributes import find_alike

    further = _further(rows, known)
    own = [name for name in known if name in read_rows(rows).frame]
    found = find_alike({name: _column(rows, name).codes for name in (*own, *further)})
    kept = {name: tuple(n for n in others if n in further) for name, others in found.items()}
    return {name: others for name, others in kept.items() if others}


def _place_of(rows: Rows, image_id: str) -> int:
    """The place of an image, -1 where it is not there."""
    try:
        found = (judge(rows).image_ids == image_id).to_numpy(dtype=bool).nonzero()[0]
    except BadTable:
        return -1
    return int(found[0]) if len(found) else -1
