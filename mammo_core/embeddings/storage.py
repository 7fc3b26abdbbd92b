"""Embeddings of a dataset, kept beside the model that made them."""

from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from mammo_core.errors import BadTable
from mammo_core.model_store import StoredModel
from mammo_core.predictions import read_provenance


def embeddings_path(model: StoredModel, dataset: str) -> Path:
    """Where the embeddings of a dataset's images are kept."""
    return model.path / "embeddings" / f"{dataset}.parquet"


def are_current(path: Path, model: StoredModel, version: str) -> bool:
    """Whether they are of this very network and of this version of the dataset."""
    made_from = read_provenance(path)
    return made_from is not None and made_from.is_of(model.sha256, version)


def read_map(path: Path) -> pd.DataFrame:
    """`image_id` and the coordinates `pca_1, pca_2, tsne_1, tsne_2`, without the vectors.

    Raises:
        BadTable: Where the file is damaged.
    """
    return _read(path, ["image_id", "pca_1", "pca_2", "tsne_1", "tsne_2"])


def read_embeddings(path: Path) -> pd.DataFrame:
    """`image_id, patient_id`, coordinates and the vectors as columns `e_0, e_1, ...`.

    Raises:
        BadTable: Where the file is damaged.
    """
    return _read(path, None)


def _read(path: Path, columns: list[str] | None) -> pd.DataFrame:
    try:
        return pq.read_table(path, columns=columns).to_pandas()
    except (OSError, pa.ArrowException) as error:
        raise BadTable(f"Cannot read the embeddings in {path}: {error}; embed again") from error
