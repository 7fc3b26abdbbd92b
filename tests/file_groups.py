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


def group_of(path):
    """A file's tests share what it makes, those of a browser the server that they start."""
    return "browser" if path.parent.name == "browser" else path.stem


@functools.cache
def rank(path):
    """When the tests of that file begin: what takes long comes first, so that nobody waits."""
    if group_of(path) == "browser":
        return 0
    return 1 if RUNS_MODELS.search(path.read_text(encoding="utf-8")) else 2


class FileGroups(LoadScopeScheduling):
    """Deals whole groups to processes, in the order in which they were collected."""

    def __init__(self, config, log=None):
        super().__init__(config, log)
        config.option.loadscopereorder = False

    def _split_scope(self, nodeid):
        return group_of(Path(self.config.rootpath, nodeid.split("::")[0]))
