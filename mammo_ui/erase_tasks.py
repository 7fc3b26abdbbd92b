"""What the worker does for the Erase tab; nothing here imports Keras before it is called."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mammo_ui import library, model_tasks

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from mammo_core.model_input import ModelInput


@dataclass(frozen=True)
class EraseQuestion:
    """What is erased of which image, and whom it is shown to.

    Attributes:
        model_id: The model.
        dataset: The dataset's name.
        image_id: The image.
        region: As `read_region` reads it.
        fill: A key of `FILLS`.
        target: The class, or contrast of two, that is asked about.
    """

    model_id: str
    dataset: str
    image_id: str
    region: str
    fill: str
    target: str


@dataclass(frozen=True)
class ErasedCase:
    """What the model said.

    Attributes:
        question: What was asked.
        answer: The numbers, as the verb `erase` tells them.
        before: A PNG of what the model is given, the region outlined.
        after: A PNG of the same with the region erased.
    """

    question: EraseQuestion
    answer: dict[str, Any]
    before: bytes
    after: bytes


def erase_case(question: EraseQuestion) -> ErasedCase:
    """Erase a region of a case and predict again.

    Raises:
        BadConfiguration: Where there is no such region.
        BadModel: Where the model cannot be loaded, or a method cannot explain it.
    """
    from mammo_core.erasing import erased_case, read_region
    from mammo_core.erasing.erasure import read_fill
    from mammo_core.model_input import input_of_case

    stored = library.find_model(question.model_id)
    dataset = library.require_dataset(question.dataset)
    given = input_of_case(stored, dataset, question.image_id)
    fill = read_fill(question.fill)
    erasure = erased_case.erase_case(
        model_tasks.keep_loaded(stored),
        stored,
        given,
        question.image_id,
        read_region(question.region),
        lesion=dataset.read_mask(question.image_id),
        target=question.target,
        fill=fill,
    )
    before, after = _draw(given, erasure.region, erasure.erased)
    return ErasedCase(question, erased_case.to_answer(erasure), before, after)


def _draw(
    given: "ModelInput", region: "NDArray[np.bool_]", erased: "NDArray[np.float32]"
) -> tuple[bytes, bytes]:
    from mammo_core.overlays import draw_outline, encode_png, to_gray

    before, after = (to_gray(given.cut_own(image[..., 0])) for image in (given.image, erased))
    return encode_png(draw_outline(before, given.cut_own(region))), encode_png(after)
