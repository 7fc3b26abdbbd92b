"""The command line's verbs: one file each, listed here in the order of the help.

A verb is a function with typed parameters that returns its answer as a dictionary. Verb modules
import nothing heavy at their top, so that the help appears at once.
"""

from collections.abc import Callable
from typing import Any

from mammo_core.verbs.check import check
from mammo_core.verbs.compare import compare
from mammo_core.verbs.evaluate import evaluate
from mammo_core.verbs.explain import explain
from mammo_core.verbs.formats import formats
from mammo_core.verbs.index import index
from mammo_core.verbs.methods import methods
from mammo_core.verbs.prepare import prepare
from mammo_core.verbs.sample import sample

VERBS: dict[str, Callable[..., dict[str, Any]]] = {
    "sample": sample,
    "check": check,
    "index": index,
    "prepare": prepare,
    "evaluate": evaluate,
    "compare": compare,
    "explain": explain,
    "methods": methods,
    "formats": formats,
}
