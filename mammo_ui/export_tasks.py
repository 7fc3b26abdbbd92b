"""What the worker does for the Export tab; nothing here imports Keras before it is called."""

from collections.abc import Sequence

from mammo_core.explanation_exports import FormatName
from mammo_ui.map_tasks import explain_subject
from mammo_ui.overlay_store import Names


def zip_exports(names: Names, methods: Sequence[str], formats: Sequence[FormatName]) -> bytes:
    """One archive of the maps in these formats; what cannot be written is told in it.

    Raises:
        MammoError: Where the model or the image cannot be read.
    """
    from mammo_core.explanation_exports.export import export_maps, zip_files
    from mammo_core.explanation_exports.exported_image import ExportedImage

    subject, given, answers = explain_subject(names, methods)
    model, file = subject.model, subject.dataset.file_of(subject.image_id)
    image = ExportedImage(subject.image_id, file, given, model.id, model.sha256)
    return zip_files(export_maps(image, answers, formats))
