"""The shap library, imported when it is needed and without its compiler."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any

import numpy as np

from mammo_core.errors import BadModel
from mammo_core.types import Classifier, NetworkClassifier


def load_shap() -> ModuleType:
    """The shap package, with numba's compiler switched off before its first import.

    shap compiles its tree functions anew in every process, which takes 10 to 20 seconds. On the
    grids of a few thousand cells that it is given here, plain Python needs milliseconds for them.
    Nothing else in this project uses numba.
    """
    import numba

    # Read where functions are decorated and by numba.typed; the stubs lack it.
    numba.config.DISABLE_JIT = True  # type: ignore[attr-defined]
    import shap

    return shap


def network_of(model: Classifier, title: str) -> Any:
    """The `LogitNetwork` that shap is to explain.

    Raises:
        BadModel: Where the classifier has no Keras network.
    """
    if not isinstance(model, NetworkClassifier):
        raise BadModel(
            f"{title} needs the network itself, a Keras model; got a {type(model).__name__}; "
            "choose expected_gradients or partition_shap"
        )
    return model.logit_network


@contextmanager
def seeded_quietly(seed: int) -> Iterator[None]:
    """Seed NumPy's global generator, from which shap draws, and put its state back afterwards.

    shap's warnings about TensorFlow's age are kept back: what it warns of is checked here.
    """
    state = np.random.get_state()
    np.random.seed(seed)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        np.random.set_state(state)
