"""The verb `evidence`."""

from typing import Annotated, Any

import typer


def evidence(
    model: Annotated[str, typer.Argument(help="A model's folder or id.")],
    image: Annotated[str, typer.Argument(help="An image's id in the dataset.")],
    dataset: Annotated[str, typer.Option(help="The folder or name of the image's data.")],
    methods: Annotated[
        str, typer.Option(help="Separated by commas, or all; `methods` lists them.")
    ] = "grad_cam,saliency,random,edges,center",
    metrics: Annotated[
        str | None,
        typer.Option(
            help="Separated by commas, or all; `metrics` lists them.",
            show_default="what the model need not be asked again for",
        ),
    ] = None,
    layer: Annotated[
        str | None,
        typer.Option(help="The layer to look into, or several by commas, which are averaged."),
    ] = None,
    target: Annotated[
        str | None,
        typer.Option(help="The class, or two: 'malignant vs benign'; else the predicted one."),
    ] = None,
) -> dict[str, Any]:
    """Measure how far each explanation of one image can be believed.

    Lay random, edges and center beside the methods: they know nothing of the model. What was
    measured is kept and shown on the Case page.

    Example: python -m mammo_core evidence demo S00005_RMLO --dataset sample_data --metrics all
    """
    from mammo_core.case_evidence import AT_ONCE, check_measures, list_measures
    from mammo_core.datasets import load_dataset
    from mammo_core.explanation_files import (
        check_question,
        read_layers,
        read_method_names,
    )
    from mammo_core.model_store import find_model
    from mammo_core.progress import current_progress
    from mammo_core.synthetic_only import warn_of_asked

    layers, stored, data = read_layers(layer), find_model(model), load_dataset(dataset)
    names = read_method_names(methods)
    chosen = list_measures() if metrics == "all" else _split(metrics) or AT_ONCE
    check_measures(chosen)
    check_question(stored, target)
    data.file_of(image)

    from mammo_core.tensorflow_start import start_tensorflow  # after all that can be wrong at once

    start_tensorflow()
    from mammo_core.image_evidence import measure_image
    from mammo_core.keras_classifier import load_classifier

    warnings = warn_of_asked(stored, (), data)
    return {"warnings": warnings} | measure_image(
        load_classifier(stored),
        stored,
        data,
        image,
        names,
        target,
        layers=layers,
        metrics=chosen,
        progress=current_progress(),
    )


def _split(text: str | None) -> tuple[str, ...]:
    return tuple(word.strip() for word in (text or "").split(",") if word.strip())
