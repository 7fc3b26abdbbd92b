"""The network of a stored model, loaded in safe mode from the file that its card describes."""

import zipfile

import keras

from mammo_core.errors import BadModel
from mammo_core.model_store import StoredModel, file_sha256


def load_network(stored: StoredModel) -> keras.Model:
    """The stored model's network.

    Raises:
        BadModel: Where the file is missing, is not the one of the card or cannot be loaded.
    """
    if not stored.file.is_file():
        raise BadModel(f"{stored.path} lacks {stored.file.name}; train or import the model again")
    if file_sha256(stored.file) != stored.sha256:
        raise BadModel(
            f"{stored.file} is not the file that its card describes (another SHA-256); "
            "restore it, or train or import the model again"
        )
    try:
        return keras.models.load_model(stored.file, compile=False, safe_mode=True)
    except (OSError, ValueError, TypeError, KeyError, AttributeError, zipfile.BadZipFile) as error:
        reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise BadModel(f"Keras cannot load {stored.file} in safe mode: {reason}") from error
