"""What the worker does for the Erase tab; nothing here imports Keras before it is called."""

from pathlib import Path
from typing import TYPE_CHECKING

from mammo_ui import model_tasks
from mammo_ui.erased_store import ErasedCase, Erasing, write_erased
from mammo_ui.overlay_store import Names, find_subject, layers_of, settings_of

if TYPE_CHECKING:
    from mammo_core.erasing import Erasure
    from mammo_core.model_input import ModelInput


def erase_case(names: Names, erasing: Erasing, folder: Path) -> None:
    """Erase a region of a case, predict again, and leave the answer where the page finds it.

    Args:
        names: Of the `Subject`.
        erasing: What is erased, and how.
        folder: Where progress is noted and a stop asked for.

    Raises:
        BadConfiguration: Where there is no such region.
        BadModel: Where the model cannot be loaded, or a method cannot explain it.
        Cancelled: Once a stop was asked for.
    """
    from mammo_core.attribution.method_settings import parse_method_settings
    from mammo_core.erasing import erased_case, read_region
    from mammo_core.erasing.erasure import read_fill
    from mammo_core.erasing.regions import TopArea
    from mammo_core.model_input import input_of_case
    from mammo_core.progress import JobProgress

    subject, fill, progress = find_subject(names), read_fill(erasing.fill), JobProgress(folder)
    given = input_of_case(subject.model, subject.dataset, subject.image_id)
    region = read_region(erasing.region)
    method = region.method if isinstance(region, TopArea) else None
    erasure = erased_case.erase_case(
        model_tasks.keep_loaded(subject.model),
        subject.model,
        given,
        subject.image_id,
        region,
        lesion=subject.dataset.read_mask(subject.image_id),
        target=subject.target,
        layers=layers_of(subject, method) if method else (),
        settings=parse_method_settings(settings_of(subject, method) if method else ()),
        fill=fill,
        progress=progress,
    )
    pictures = _draw(given, erasure)
    write_erased(subject, erasing, ErasedCase(erased_case.to_answer(erasure), *pictures))


def _draw(given: "ModelInput", erasure: "Erasure") -> tuple[bytes, bytes, bytes]:
    """(before with the region outlined, after, before with the random regions outlined)."""
    from mammo_core.overlays import draw_outline, encode_png, to_gray

    before, after = (to_gray(given.cut_own(i[..., 0])) for i in (given.image, erasure.erased))
    random = before
    for region in erasure.regions:
        random = draw_outline(random, given.cut_own(region))
    outlined = draw_outline(before, given.cut_own(erasure.region))
    return encode_png(outlined), encode_png(after), encode_png(random)
