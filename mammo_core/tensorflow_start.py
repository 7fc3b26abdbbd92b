"""Starting TensorFlow without the notes on devices that it writes before it can be told not to."""

import os
import sys
import tempfile

from mammo_core.types import Progress, no_progress


def start_tensorflow(progress: Progress = no_progress) -> None:
    """Import Keras and TensorFlow quietly; seconds at the first call, nothing afterwards.

    What their libraries write to the process's standard error meanwhile is dropped, unless the
    import fails.

    Args:
        progress: Told that it starts, if it does.
    """
    if "tensorflow" in sys.modules:
        return
    progress(0, 1, "Starting TensorFlow")
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    sys.stderr.flush()
    kept = os.dup(2)
    with tempfile.TemporaryFile() as aside:
        os.dup2(aside.fileno(), 2)
        try:
            import keras  # noqa: F401
        except ImportError:
            aside.seek(0)
            os.write(kept, aside.read())
            raise
        finally:
            os.dup2(kept, 2)
            os.close(kept)


def forget_networks() -> None:
    """Free what Keras keeps of the networks made so far; those in use go on."""
    import keras

    keras.backend.clear_session()
