"""Which class an explanation is about: an index, a name, or one for each image."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from mammo_core.types import Target


def resolve_target(target: Target, classes: Sequence[str], n_images: int) -> NDArray[np.int32]:
    """(n_images,) class indices for a class index or name, or a sequence with one for each image.

    Raises:
        ValueError: For an unknown class, or a sequence of another length.
    """
    given = [target] if isinstance(target, str) else np.atleast_1d(np.asarray(target)).tolist()
    indices = [_class_index(item, classes) for item in given]
    if len(indices) not in (1, n_images):
        raise ValueError(
            f"Expected one target, or one for each of the {n_images} images, got {len(indices)}"
        )
    return np.resize(np.asarray(indices, dtype=np.int32), n_images)


def _class_index(item: object, classes: Sequence[str]) -> int:
    if isinstance(item, str) and item in classes:
        return list(classes).index(item)
    if isinstance(item, int) and not isinstance(item, bool) and 0 <= item < len(classes):
        return item
    known = ", ".join(classes)
    raise ValueError(
        f"Target must be one of the classes {known} or an index below {len(classes)}, got {item!r}"
    )
