"""Peak memory of the verbs over images, for a data set and one four times its size."""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import psutil

VERBS = ("index", "quality", "prepare", "predict", "train")
SHORT = ("image_size=64x48", "patch_size=32", "patch_epochs=2", "epochs=2")
"""Settings of a training that lasts for seconds."""
DEMO = Path(__file__).resolve().parents[1] / "models" / "demo"
FEW, MANY = 24, 96
ALLOWED_GROWTH = 1.1


def rows() -> list[dict[str, object]]:
    """Peak resident memory of each verb and its growth from few to many patients."""
    with tempfile.TemporaryDirectory() as folder:
        shutil.copytree(DEMO, Path(folder) / "models" / "demo")
        peaks = {n: _measure(Path(folder), n) for n in (FEW, MANY)}
    return [
        {
            "benchmark": f"memory of {verb}, {4 * MANY} images against {4 * FEW}",
            "figure": peaks[MANY][verb] / peaks[FEW][verb],
            "unit": f"x of {peaks[FEW][verb] / 2**20:.0f} MB",
            "budget": ALLOWED_GROWTH,
            "ratio": peaks[MANY][verb] / peaks[FEW][verb] / ALLOWED_GROWTH,
        }
        for verb in VERBS
    ]


def _measure(folder: Path, patients: int) -> dict[str, int]:
    raw, dataset = folder / f"raw{patients}", folder / f"dataset{patients}"
    size = ("--size", "160x128")
    measure_peak("sample", str(raw), "--patients", str(patients), "--seed", "1", *size, home=folder)
    return {
        "index": measure_peak("index", str(raw), "--out", str(dataset), home=folder),
        "quality": measure_peak("quality", str(dataset), home=folder),
        "prepare": measure_peak("prepare", str(dataset), "--size", "320x192", home=folder),
        "predict": measure_peak("predict", "demo", str(dataset), home=folder),
        "train": measure_peak("train", str(dataset), *_train_words(folder, patients), home=folder),
    }


def _train_words(folder: Path, patients: int) -> list[str]:
    settings = [word for setting in SHORT for word in ("--set", setting)]
    return ["--out", str(folder / f"model{patients}"), *settings]


def measure_peak(*words: str, home: Path) -> int:
    """Largest resident size, in bytes, of a verb's process and its children together."""
    process = subprocess.Popen(
        [sys.executable, "-m", "mammo_core", *words, "--json"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "MAMMO_HOME": str(home)},
    )
    watched, peak = psutil.Process(process.pid), 0
    while process.poll() is None:
        peak = max(peak, _family_size(watched))
        try:
            process.wait(0.02)
        except subprocess.TimeoutExpired:
            continue
    if process.returncode:
        raise RuntimeError(f"{' '.join(words)} ended with exit code {process.returncode}")
    return peak


def _family_size(process: psutil.Process) -> int:
    size = 0
    try:
        for member in (process, *process.children(recursive=True)):
            size += member.memory_info().rss
    except psutil.NoSuchProcess:
        pass
    return size
