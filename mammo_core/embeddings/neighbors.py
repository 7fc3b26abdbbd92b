"""Images that the model takes for alike."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mammo_core.embeddings.projection import standardize
from mammo_core.errors import BadTable


@dataclass(frozen=True)
class Neighbor:
    """An image and the cosine of the angle between its vector and the asked one, in [-1, 1]."""

    image_id: str
    similarity: float


def find_nearest(
    frame: pd.DataFrame, image_id: str, n: int = 8, *, other_patients: bool = True
) -> list[Neighbor]:
    """The n images most alike to one, the nearest first.

    Args:
        frame: As `storage.read_embeddings` returns it.
        image_id: Of the asked image.
        n: How many.
        other_patients: Whether images of the same patient are left out.

    Raises:
        BadTable: Where the frame lacks the image.
    """
    ids = frame["image_id"].to_numpy(dtype=object)
    place = np.flatnonzero(ids == image_id)
    if not len(place):
        raise BadTable(
            f"Expected an embedding of image '{image_id}', there is none; embed its split"
        )
    similarity = _cosines(standardize(vectors_of(frame)), int(place[0]))
    similarity[place] = -np.inf
    if other_patients:
        patients = frame["patient_id"].to_numpy(dtype=object)
        similarity[patients == patients[place[0]]] = -np.inf
    order = np.argsort(-similarity, kind="stable")[:n]
    return [Neighbor(ids[i], float(similarity[i])) for i in order if np.isfinite(similarity[i])]


def vectors_of(frame: pd.DataFrame) -> NDArray[np.float64]:
    """(N, D) the vectors of an embedding table."""
    return frame[[name for name in frame.columns if name.startswith("e_")]].to_numpy(np.float64)


def _cosines(vectors: NDArray[np.float64], place: int) -> NDArray[np.float64]:
    lengths = np.linalg.norm(vectors, axis=1)
    products = vectors @ vectors[place]
    scale = lengths * lengths[place]
    return np.divide(products, scale, out=np.zeros_like(products), where=scale > 0)
