"""Datasets: collections of mammograms in their many layouts, and the index made of them."""

from mammo_core.datasets.dataset import Dataset, load_dataset
from mammo_core.datasets.indexing import index_dataset
from mammo_core.datasets.layouts import LAYOUTS, Layout
from mammo_core.datasets.registry import KnownDataset, list_datasets

__all__ = [
    "LAYOUTS",
    "Dataset",
    "KnownDataset",
    "Layout",
    "index_dataset",
    "list_datasets",
    "load_dataset",
]
