"""Evidence for explanations of an image of a dataset: where its lesion and its breast are."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from mammo_core.attribution import METHODS
from mammo_core.attribution.together import list_layered
from mammo_core.case_evidence import AT_ONCE, Masks, measure_case
from mammo_core.errors import BadModel
from mammo_core.explanations import Explanation, Refusal, explain_each
from mammo_core.map_on_air import find_air
from mammo_core.model_input import ModelInput, input_of_case
from mammo_core.model_store import StoredModel
from mammo_core.types import Classifier, Progress, no_progress

if TYPE_CHECKING:
    from mammo_core.datasets import Dataset


def find_places(dataset: "Dataset", image_id: str, given: ModelInput) -> tuple[Masks | None, Masks]:
    """(the lesion, the breast), both (H, W) on the model's grid; no lesion where none is marked.

    Raises:
        BadDataset: Where the mask cannot be read.
    """
    mask = dataset.read_mask(image_id)
    lesion = None if mask is None else given.to_input(mask)
    return lesion, ~find_air(given.image[..., 0], 2 if given.is_hung else 1)


def group_by_layers(methods: Sequence[str], layers: Sequence[str]) -> list[list[str]]:
    """The methods that look into the chosen layers, and those that look into none."""
    layered = list_layered(METHODS) if layers else []
    looking = [name for name in methods if name in layered]
    others = [name for name in methods if name not in layered]
    return [group for group in (looking, others) if group]


def measure_image(
    classifier: Classifier,
    stored: StoredModel,
    dataset: "Dataset",
    image_id: str,
    methods: Sequence[str],
    target: str | None = None,
    *,
    layers: Sequence[str] = (),
    metrics: Sequence[str] = AT_ONCE,
    progress: Progress = no_progress,
) -> dict[str, Any]:
    """What is known of each method's map of one image, as JSON; refusals with their reasons.

    Args:
        classifier: The loaded model.
        stored: Its folder.
        dataset: The image's.
        image_id: The image.
        methods: Keys of `METHODS`.
        target: A class, or two as `read_target` reads them; None explains the predicted one.
        layers: What methods that look into a layer look into; the others do not heed it.
        metrics: Of `case_evidence.list_measures`.
        progress: Told before each piece of work.

    Raises:
        BadConfiguration: For an unknown method, measure or layer.
        BadDataset: Where the dataset has no such image.
        BadModel: Where no method can explain it; says why not.
    """
    given = input_of_case(stored, dataset, image_id)
    answers: list[Explanation | Refusal] = []
    for group in group_by_layers(methods, layers):
        looked_into = layers if group[0] in list_layered(METHODS) else ()
        about = (classifier, stored, given.image, image_id, group, target)
        answers += explain_each(*about, layers=looked_into, progress=progress)
    explained = [one for one in answers if isinstance(one, Explanation)]
    refused = {one.method: one.reason for one in answers if isinstance(one, Refusal)}
    if not explained:
        raise BadModel("; ".join(f"{name}: {reason}" for name, reason in refused.items()))
    lesion, breast = find_places(dataset, image_id, given)
    found = measure_case(
        classifier, given.image, explained, lesion, breast, metrics=metrics, progress=progress
    )
    return {
        "image_id": image_id,
        "target": explained[0].target,
        "methods": {name: found[name] for name in methods if name in found},
        "refused": refused,
    }
