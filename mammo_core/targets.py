"""What an explanation is about: a class, or the difference of two, for all images or for each."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from mammo_core.errors import BadModel
from mammo_core.types import Classifier, Contrast, Target

VERSUS = " vs "
"""Between the two classes of a contrast, as it is written and read."""


def resolve_target(target: Target, classes: Sequence[str], n_images: int) -> NDArray[np.int32]:
    """(n_images,) class indices; of a contrast that of the class spoken for.

    Raises:
        ValueError: For an unknown class, or a sequence of another length.
    """
    pairs = _resolve_pairs(target, classes, n_images)
    return np.array([of for of, _ in pairs], dtype=np.int32)


def weigh_target(target: Target, classes: Sequence[str], n_images: int) -> NDArray[np.float32]:
    """(n_images, classes): by what each logit is multiplied, 1 for the class and -1 against.

    Raises:
        ValueError: For an unknown class, or a sequence of another length.
    """
    weights = np.zeros((n_images, len(classes)), dtype=np.float32)
    for row, (of, against) in zip(weights, _resolve_pairs(target, classes, n_images), strict=True):
        row[of] = 1
        if against is not None:
            row[against] = -1
    return weights


def split_target(target: Target, classes: Sequence[str], n_images: int) -> list[int | Contrast]:
    """What is explained of each image: an index, or a contrast of two indices.

    Raises:
        ValueError: For an unknown class, or a sequence of another length.
    """
    pairs = _resolve_pairs(target, classes, n_images)
    return [of if against is None else Contrast(of, against) for of, against in pairs]


def read_target(text: str, classes: Sequence[str]) -> str | Contrast:
    """The class, or of "malignant vs benign" the contrast, seen to be there.

    Raises:
        ValueError: For an unknown class; tells the known ones.
    """
    of, versus, against = text.partition(VERSUS)
    is_contrast = bool(versus) and text not in classes
    target: str | Contrast = Contrast(of.strip(), against.strip()) if is_contrast else text
    resolve_target(target, classes, 1)
    return target


def predict_class(model: Classifier, image: NDArray[np.float32]) -> str:
    """The class that the model finds most probable in an image (H, W, C).

    Raises:
        BadModel: Where its answer is not of numbers, so that no class is.
    """
    probabilities = model.predict(image[None])[0]
    check_scores(probabilities)
    return model.classes[int(probabilities.argmax())]


def check_scores(scores: NDArray[np.floating], image: str = "this image") -> None:
    """See that a model answered with numbers.

    Args:
        scores: Its answer, of any shape.
        image: How the image is called, for the complaint.

    Raises:
        BadModel: Where some are none.
    """
    if not np.isfinite(scores).all():
        raise BadModel(
            f"Expected finite scores of {image}, got values that are not numbers: the model's "
            "weights are broken, or its sums go beyond all bounds; train or import it again"
        )


def name_target(target: int | str | Contrast, classes: Sequence[str]) -> str:
    """As `read_target` reads it: "malignant", "malignant vs benign".

    Raises:
        ValueError: For an unknown class.
    """
    ((of, against),) = _resolve_pairs(target, classes, 1)
    return classes[of] if against is None else f"{classes[of]}{VERSUS}{classes[against]}"


def _resolve_pairs(
    target: Target, classes: Sequence[str], n_images: int
) -> list[tuple[int, int | None]]:
    given = [target] if isinstance(target, str | Contrast) else _as_list(target)
    pairs = [_resolve_pair(item, classes) for item in given]
    if len(pairs) not in (1, n_images):
        raise ValueError(
            f"Expected one target, or one for each of the {n_images} images, got {len(pairs)}"
        )
    return pairs * n_images if len(pairs) == 1 else pairs


def _as_list(target: Target) -> list[object]:
    return (
        list(target) if isinstance(target, list | tuple) else np.ravel(np.asarray(target)).tolist()
    )


def _resolve_pair(item: object, classes: Sequence[str]) -> tuple[int, int | None]:
    if not isinstance(item, Contrast):
        return _class_index(item, classes), None
    of, against = (_class_index(one, classes) for one in (item.of, item.against))
    if of == against:
        raise ValueError(f"Expected two different classes to tell apart, got {classes[of]} twice")
    return of, against


def _class_index(item: object, classes: Sequence[str]) -> int:
    if isinstance(item, str) and item in classes:
        return list(classes).index(item)
    is_number = isinstance(item, int | np.integer) and not isinstance(item, bool)
    if is_number and 0 <= item < len(classes):  # type: ignore[operator]
        return int(item)  # type: ignore[call-overload]
    known = ", ".join(classes)
    raise ValueError(
        f"Target must be one of the classes {known} or an index below {len(classes)}, got {item!r}"
    )
