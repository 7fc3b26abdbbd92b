"""The shap library, imported when it is needed and without its compiler."""

from types import ModuleType


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
