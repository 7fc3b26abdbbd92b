"""Which tests run on the same process, and which of them begin.

pytest-xdist 3.8 reads groups from a mark by renaming tests, which pytest 9.2 no longer lets it do:
`--dist loadgroup` deals tests singly without a word (pytest-dev/pytest-xdist#1386).
"""

import functools
import re
from pathlib import Path

from xdist.scheduler import LoadScopeScheduling

RUNS_MODELS = re.compile(
    r"import keras|import tensorflow|keras_classifier|start_tensorflow|architectures import"
    r"|training\.(loop|run|step|stages|losses|devices) import"
)
FIRST = ("tensorflow", "browser")
"""The groups that begin, so that nobody waits for them at the end."""


@functools.cache
def group_of(path):
    """A file's tests share what it makes, those of TensorFlow and of a browser what each starts."""
    if path.parent.name == "browser":
        return "browser"
    runs_models = RUNS_MODELS.search(path.read_text(encoding="utf-8"))
    return "tensorflow" if runs_models else path.stem


def rank(path):
    """Where in the order the tests of that file begin."""
    group = group_of(path)
    return FIRST.index(group) if group in FIRST else len(FIRST)


class FileGroups(LoadScopeScheduling):
    """Deals whole groups to processes, in the order in which they were collected."""

    def __init__(self, config, log=None):
        super().__init__(config, log)
        config.option.loadscopereorder = False

    def _split_scope(self, nodeid):
        return group_of(Path(self.config.rootpath, nodeid.split("::")[0]))
