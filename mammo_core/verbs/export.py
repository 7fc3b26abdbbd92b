"""The verb `export`."""

from pathlib import Path
from typing import Annotated, Any

import typer


def export(
    model: Annotated[str, typer.Argument(help="A model's folder or id.")],
    image: Annotated[str, typer.Argument(help="An image file, or an id in the dataset.")],
    out: Annotated[Path, typer.Option(help="The folder for the files.")],
    dataset: Annotated[
        str | None, typer.Option(help="The folder or name of the id's data.")
    ] = None,
    methods: Annotated[
        str, typer.Option(help="Separated by commas, or all; `methods` lists them.")
    ] = "grad_cam",
    layer: Annotated[
        str | None,
        typer.Option(help="The layer to look into, or several by commas, which are averaged."),
    ] = None,
    formats: Annotated[
        str, typer.Option("--as", help="Some of png,npz,dicom-pm,dicom-sc.")
    ] = "png,npz,dicom-pm,dicom-sc",
    setting: Annotated[
        list[str] | None,
        typer.Option(
            "--set", help="METHOD.SETTING=VALUE, repeatable; `methods` lists a method's settings."
        ),
    ] = None,
    target: Annotated[
        str | None,
        typer.Option(help="A class, or two: 'malignant vs benign'; else the predicted one."),
    ] = None,
    anyway: Annotated[bool, typer.Option(help="Take a file that the gate refuses, too.")] = False,
) -> dict[str, Any]:
    """Write an image's maps for other programs: PNG, NumPy, DICOM, on the image's own grid.

    Example: python -m mammo_core export demo S00000_RCC --dataset sample_data --out maps
    """
    from mammo_core.attribution.method_settings import parse_method_settings
    from mammo_core.datasets import load_dataset
    from mammo_core.errors import MammoError
    from mammo_core.explanation_exports.export import read_formats
    from mammo_core.explanation_files import (
        check_question,
        find_images,
        input_of,
        read_layers,
        read_method_names,
        refuse_strangers,
        warn_of_images,
    )
    from mammo_core.model_store import find_model
    from mammo_core.progress import current_progress

    layers, chosen, stored = read_layers(layer), read_formats(formats), find_model(model)
    settings = parse_method_settings(setting or ())
    names = read_method_names(methods, layers, settings)
    stored.require_network()
    data = None if dataset is None else load_dataset(dataset)
    found = find_images([image], data)[0]
    check_question(stored, target)
    if not anyway:
        refuse_strangers([found])
    given = input_of(found, stored, data)

    from mammo_core.tensorflow_start import start_tensorflow  # after all that can be wrong at once

    start_tensorflow(current_progress())
    from mammo_core.explanation_exports.export_files import export_to_folder
    from mammo_core.explanation_exports.exported_image import ExportedImage
    from mammo_core.explanations import explain_each
    from mammo_core.keras_classifier import load_classifier

    progress = current_progress()
    answers = explain_each(
        load_classifier(stored),
        stored,
        given.image,
        found.image_id,
        names,
        target,
        layers=layers,
        settings=settings,
        progress=progress,
    )
    exported = ExportedImage(found.image_id, found.path, given, stored.id, stored.sha256)
    told = export_to_folder(exported, answers, chosen, out.resolve(), progress)
    if not told["files"]:
        raise MammoError(f"Nothing was exported. {told['unwritten'][0]['reason']}")
    warnings = warn_of_images(stored, [found], data)
    return {"image_id": found.image_id, "model": stored.id, "warnings": warnings, **told}
