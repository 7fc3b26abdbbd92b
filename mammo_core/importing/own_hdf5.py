"""Copied weights in an HDF5 file of our own, laid out as the foreign one was."""

from pathlib import Path

import h5py
import numpy as np

from mammo_core.importing.stored_weights import StoredWeights


def write_hdf5(weights: StoredWeights, target: Path) -> Path:
    """Write arrays and texts under their names; what Keras loads instead of a foreign file.

    Raises:
        OSError: Where the disk has no room, or the names contradict each other.
        ValueError: For a name that no file can hold.
    """
    with h5py.File(target, "w", libver="latest") as file:
        for path, texts in weights.groups.items():
            group = file.require_group(path) if path else file
            for name, text in texts.items():
                group.attrs[name] = np.array(text, "S") if isinstance(text, tuple) else text
        for array, values in weights.read():
            file[array.path] = values
    return target
