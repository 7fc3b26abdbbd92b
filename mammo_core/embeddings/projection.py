"""Vectors laid out in two dimensions."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
MOST = 5000
"""Rows that t-SNE is given; its time grows faster than their number."""
PERPLEXITY = 30.0


def project_pca(vectors: Array, seed: int = 0) -> Array:
    """(N, 2) the first two principal components of standardized columns.

    Each component points where its largest weight is positive, so that the same vectors always
    give the same map.

    Args:
        vectors: (N, D).
        seed: Plays no part; every projection takes one.

    Source: Pearson 1901, doi:10.1080/14786440109462720.
    """
    scaled = standardize(vectors)
    _, _, axes = np.linalg.svd(scaled, full_matrices=False)
    axes = np.vstack([axes, np.zeros((2, vectors.shape[1]))])[:2]  # fewer than two rows or columns
    strongest = axes[np.arange(2), np.abs(axes).argmax(axis=1)]
    return np.asarray(scaled @ (axes * np.where(strongest < 0, -1, 1)[:, None]).T)


def project_tsne(vectors: Array, seed: int = 0) -> Array:
    """(N, 2) t-SNE of standardized columns; NaN for rows beyond a random 5,000.

    What is near on it is alike; distances and sizes of clusters mean nothing.

    Args:
        vectors: (N, D).
        seed: Of the sample.

    Source: van der Maaten and Hinton 2008, JMLR 9:2579.
    """
    from sklearn.manifold import TSNE

    placed = np.full((len(vectors), 2), np.nan)
    rows = np.sort(np.random.default_rng(seed).permutation(len(vectors))[:MOST])
    if len(rows) < 4:
        return project_pca(vectors)
    perplexity = min(PERPLEXITY, (len(rows) - 1) / 3)
    layout = TSNE(perplexity=perplexity, init="pca", random_state=seed)
    placed[rows] = layout.fit_transform(standardize(vectors[rows]))
    return placed


PROJECTIONS: dict[str, Callable[[Array, int], Array]] = {
    "pca": project_pca,
    "tsne": project_tsne,
}


def standardize(vectors: Array) -> Array:
    """(N, D) with mean 0 and deviation 1 in each column; constant columns become 0."""
    centered = vectors - vectors.mean(axis=0)
    spread = centered.std(axis=0)
    constant = spread <= 1e-9 * np.abs(vectors).max(initial=1)
    return np.asarray(np.where(constant, 0, centered / np.where(constant, 1, spread)))
