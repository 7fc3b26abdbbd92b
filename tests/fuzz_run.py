"""Damaged files against all that reads files: only our own errors, in bounded time and memory.

`make fuzz` goes on for long, `python tests/fuzz_run.py SECONDS SEED` with files of this seed.
"""

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import json
import sys
import tempfile
import time
import warnings
from contextlib import suppress
from pathlib import Path

import psutil
import pydicom
from fuzz_seeds import (
    COMPRESSED,
    NATIVE,
    PICTURES,
    archives,
    damaged,
    dicom_files,
    make_archive,
    make_dicom,
    make_picture,
    make_predictions,
    make_table,
    pictures,
    prediction_tables,
    tables,
)
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st

from mammo_core.datasets.archives import unpack
from mammo_core.datasets.headers import digest_file, read_header
from mammo_core.datasets.tables import read_table
from mammo_core.errors import MammoError, UnreadableFile
from mammo_core.filling import DONE, Chunk, prepare_chunk, start_filling
from mammo_core.gate import check
from mammo_core.metrics.aggregation import LEVELS
from mammo_core.metrics.evaluation import evaluate_options
from mammo_core.metrics.selection import EvaluationOptions
from mammo_core.predictions import read_predictions
from mammo_core.preprocess import Preprocess
from mammo_core.types import Verdict

PATIENCE_S = 3.0
"""Of processor time, for any one file."""
SPARE_BYTES = 2_500_000_000
"""Of addresses beyond those that the libraries take at the start."""
GROWTH_BYTES = 400_000_000
"""Of memory that is really used, over all files."""
AT_ONCE = 25
SETTINGS = Preprocess(size=(64, 48))


def judge_image(folder, content):
    """Read header and pixels, as an index, an upload and a preparation do."""
    file = folder / "image"
    file.write_bytes(content)
    with suppress(UnreadableFile):
        assert read_header(file, with_ids=True).rows > 0
    assert isinstance(check(file), Verdict)
    assert len(digest_file(file)) == 64
    start_filling(folder / "cache", 1, SETTINGS.size)
    (outcome,) = prepare_chunk(Chunk(0, (file,), SETTINGS, folder / "cache" / "rows.npy", 128))
    assert outcome.reason or outcome.state == DONE


def open_archive(folder, content):
    """Unpack, with nothing outside of the folder."""
    place = folder / "in" / "there"
    place.mkdir(parents=True)
    (place / "a.zip").write_bytes(content)
    with suppress(MammoError):
        unpack(place / "a.zip", place / "out")
    assert [path.name for path in (folder / "in").iterdir()] == ["there"]
    assert {path.name for path in place.iterdir()} <= {"a.zip", "out"}


def open_table(folder, content):
    """Read a table as text."""
    (folder / "labels.csv").write_bytes(content)
    with suppress(MammoError):
        read_table(folder / "labels.csv")


def judge_predictions(folder, content):
    """Evaluate a prediction table at every level; what it cannot tell is null and never NaN."""
    (folder / "predictions").write_bytes(content)
    with suppress(MammoError):
        table = read_predictions(folder / "predictions")
        for level in LEVELS:
            options = EvaluationOptions(level=level, split="all", bootstrap=3)
            with suppress(MammoError):
                json.dumps(evaluate_options(table, options), allow_nan=False)


TARGETS = (
    (judge_image, damaged(dicom_files)),
    (judge_image, damaged(st.one_of(dicom_files, pictures))),
    (open_archive, damaged(archives)),
    (open_table, damaged(tables)),
    (judge_predictions, damaged(prediction_tables)),
    (judge_predictions, prediction_tables),
)


def run(seconds, first_seed):
    """Feed the targets in turn until the time is over; how many batches that made."""
    with tempfile.TemporaryDirectory() as home:
        os.environ["MAMMO_HOME"] = home
        end, batch = time.monotonic() + seconds, 0
        while time.monotonic() < end or batch < len(TARGETS):
            target, files = TARGETS[batch % len(TARGETS)]
            _feed(target, files, first_seed + batch, end)
            batch += 1
    return batch


def _feed(target, files, number, end):
    """One batch of files for a target."""

    @seed(number)
    @settings(max_examples=AT_ONCE, deadline=None, database=None, suppress_health_check=HealthCheck)
    @given(files)
    def feed(content):
        if time.monotonic() > end + 5:
            return
        with tempfile.TemporaryDirectory() as folder:
            start = time.process_time()
            target(Path(folder), content)
            spent = time.process_time() - start
            assert spent < PATIENCE_S, f"{target.__name__} took {spent:.1f} s"

    feed()


def _read_whole_files():
    """Load every decoder before time and memory count."""
    contents = [make_dicom(syntax) for syntax in (*NATIVE, *COMPRESSED)]
    contents += [make_picture(kind) for kind in PICTURES]
    for content in contents:
        with tempfile.TemporaryDirectory() as folder:
            judge_image(Path(folder), content)
    for content, target in (
        (make_table(), open_table),
        (make_archive(["a.png"]), open_archive),
        (make_predictions("parquet"), judge_predictions),
    ):
        with tempfile.TemporaryDirectory() as folder:
            target(Path(folder), content)


def limit_memory():
    """Bound the addresses of this process; the module that counts, None where there is none."""
    try:
        import resource
    except ImportError:  # Windows
        return None
    used = psutil.Process().memory_info().vms
    resource.setrlimit(resource.RLIMIT_AS, (used + SPARE_BYTES, used + SPARE_BYTES))
    return resource


def main(seconds, first_seed):
    """Fuzz within limits."""
    warnings.simplefilter("ignore")
    pydicom.config.settings.reading_validation_mode = pydicom.config.WARN
    pydicom.config.settings.writing_validation_mode = pydicom.config.IGNORE
    _read_whole_files()
    resource = limit_memory()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss if resource else 0
    batches = run(seconds, first_seed)
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss if resource else 0
    assert 1024 * (after - before) < GROWTH_BYTES, (
        f"memory grew by {(after - before) / 1024:.0f} MB"
    )
    sys.stdout.write(f"{batches * AT_ONCE} damaged files, none came through\n")


if __name__ == "__main__":
    main(float(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else time.time_ns() % 10**9)
