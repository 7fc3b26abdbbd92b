"""The command line's verbs: one file each, listed here in the order of the help.

A verb is a function with typed parameters that returns its answer as a dictionary. Verb modules
import nothing heavy at their top, so that the help appears at once.
"""

from collections.abc import Callable
from typing import Any

from mammo_core.verbs.check import check
from mammo_core.verbs.prepare import prepare

VERBS: dict[str, Callable[..., dict[str, Any]]] = {
    "check": check,
    "prepare": prepare,
}
