"""The verb `explain`."""

from pathlib import Path
from typing import Annotated, Any

import typer


def explain(
    model: Annotated[str, typer.Argument(help="A model's folder or id.")],
    images: Annotated[list[str], typer.Argument(help="Image files, or ids in the dataset.")],
    out: Annotated[Path, typer.Option(help="The folder for the maps and overlays.")],
    methods: Annotated[
        str | None,
        typer.Option(
            help="Separated by commas, or all; `methods` lists them.",
            show_default="grad_cam,saliency,integrated_gradients; with --layer grad_cam",
        ),
    ] = None,
    layer: Annotated[
        str | None,
        typer.Option(
            help="The layer to look into, or several separated by commas, whose maps are averaged."
        ),
    ] = None,
    dataset: Annotated[
        str | None, typer.Option(help="The folder or name of the ids' data.")
    ] = None,
    target: Annotated[
        str | None,
        typer.Option(
            help="The class to explain, or two: 'malignant vs benign'; else the predicted one."
        ),
    ] = None,
    setting: Annotated[
        list[str] | None,
        typer.Option(
            "--set", help="METHOD.SETTING=VALUE, repeatable; `methods` lists a method's settings."
        ),
    ] = None,
    cross_check: Annotated[
        bool, typer.Option(help="Write tf-keras-vis's maps, too, and how near ours are.")
    ] = False,
    anyway: Annotated[bool, typer.Option(help="Explain files that the gate refuses, too.")] = False,
) -> dict[str, Any]:
    """Write maps of what speaks for a class (.npz) and overlays to look at (.png).

    Example: python -m mammo_core explain demo film.dcm --methods grad_cam,saliency --out maps
    """
    from mammo_core.attribution.method_settings import parse_method_settings
    from mammo_core.datasets import load_dataset
    from mammo_core.explanation_files import (
        check_question,
        explain_to_files,
        find_images,
        prepare_inputs,
        read_layers,
        read_method_names,
        refuse_strangers,
        warn_of_images,
    )
    from mammo_core.model_store import find_model
    from mammo_core.progress import current_progress

    layers, stored = read_layers(layer), find_model(model)
    settings = parse_method_settings(setting or ())
    usual = "grad_cam" if layers else "grad_cam,saliency,integrated_gradients"
    names = read_method_names(usual if methods is None else methods, layers, settings)
    data = None if dataset is None else load_dataset(dataset)
    found = find_images(images, data)
    check_question(stored, target)
    if not anyway:
        refuse_strangers(found)

    from mammo_core.tensorflow_start import start_tensorflow  # after all that can be wrong at once

    start_tensorflow()
    from mammo_core.keras_classifier import load_classifier

    classifier = load_classifier(stored)
    warnings = warn_of_images(stored, found, data)
    told = explain_to_files(
        stored,
        classifier,
        found,
        names,
        target,
        out.resolve(),
        layers=layers,
        settings=settings,
        dataset=data,
        progress=current_progress(),
    )
    if not cross_check:
        return {"warnings": warnings, **told, "cross_checks": []}

    from mammo_core.cross_checks import cross_check_to_files

    prepared = prepare_inputs(found, stored, data, current_progress())
    inputs = ((image_id, given.image) for image_id, given in prepared)
    checked = cross_check_to_files(
        classifier, inputs, names, target, out.resolve(), layers, progress=current_progress()
    )
    return {"warnings": warnings, **told, "cross_checks": checked}
