"""The verb `erase`."""

from typing import Annotated, Any

import typer


def erase(
    model: Annotated[str, typer.Argument(help="A model's folder or id.")],
    image: Annotated[str, typer.Argument(help="An image file, or an id in the dataset.")],
    dataset: Annotated[
        str | None, typer.Option(help="The folder or name of the id's data.")
    ] = None,
    region: Annotated[
        str,
        typer.Option(
            help="lesion, top:METHOD:SHARE (of the breast), box:TOP,LEFT,BOTTOM,RIGHT or "
            "outline:ROW,COLUMN;ROW,COLUMN;... in the file's own pixels, counted from 0 at its "
            "top left; a box ends before BOTTOM and RIGHT."
        ),
    ] = "lesion",
    fill: Annotated[str, typer.Option(help="blurred, surrounding or mean.")] = "blurred",
    random: Annotated[int, typer.Option(min=0, help="How many random regions to compare.")] = 20,
    target: Annotated[
        str | None,
        typer.Option(help="A class, or two: 'malignant vs benign'; else the predicted one."),
    ] = None,
    layer: Annotated[
        str | None,
        typer.Option(help="What the map of top: looks into; several, by commas, are averaged."),
    ] = None,
    setting: Annotated[
        list[str] | None,
        typer.Option("--set", help="METHOD.SETTING=VALUE of the map of top:, repeatable."),
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Of the random regions.")] = 0,
    anyway: Annotated[bool, typer.Option(help="Take a file that the gate refuses, too.")] = False,
) -> dict[str, Any]:
    """Erase a region, predict again, and do the same with random regions of the same size.

    Only what lies in the part of the image that the model is given, its crop around the breast,
    can be erased: a region is cut to that, and one beside it is refused.

    Example: python -m mammo_core erase demo S00000_RCC --dataset sample_data --region lesion
    """
    from mammo_core.attribution.method_settings import parse_method_settings
    from mammo_core.datasets import load_dataset
    from mammo_core.erasing.erased_case import check_map_options, erase_case, to_answer
    from mammo_core.erasing.erasure import read_fill
    from mammo_core.erasing.regions import read_region
    from mammo_core.explanation_files import (
        check_question,
        find_images,
        input_of,
        read_layers,
        refuse_strangers,
        warn_of_images,
    )
    from mammo_core.model_store import find_model
    from mammo_core.progress import current_progress

    named, filled, layers = read_region(region), read_fill(fill), read_layers(layer)
    stored, settings = find_model(model), parse_method_settings(setting or ())
    check_map_options(named, layers, settings)
    stored.require_network()
    data = None if dataset is None else load_dataset(dataset)
    found = find_images([image], data)[0]
    check_question(stored, target)
    if not anyway:
        refuse_strangers([found])
    given = input_of(found, stored, data)
    lesion = data.read_mask(found.image_id) if data is not None and found.is_in_dataset else None

    from mammo_core.tensorflow_start import start_tensorflow  # after all that can be wrong at once

    start_tensorflow(current_progress())
    from mammo_core.keras_classifier import load_classifier

    erasure = erase_case(
        load_classifier(stored),
        stored,
        given,
        found.image_id,
        named,
        lesion=lesion,
        target=target,
        layers=layers,
        settings=settings,
        fill=filled,
        n_random=random,
        seed=seed,
        progress=current_progress(),
    )
    facts = {"image_id": found.image_id, "model": stored.id, "region": region, "seed": seed}
    facts["warnings"] = warn_of_images(stored, [found], data)
    return facts | to_answer(erasure)
