"""The direction of the house: pages -> mammo_ui -> mammo_core; Keras only where a model runs."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
FORBIDDEN = {
    "mammo_core": {"streamlit", "mammo_ui", "pages"},
    "mammo_ui": {"pages", "tensorflow", "keras"},
    "pages": {"tensorflow", "keras"},
    "app.py": {"tensorflow", "keras"},
}
RUNS_MODELS = {
    "affine_stem.py",
    "dropout_passes.py",
    "foreign_checkpoint.py",
    "foreign_network.py",
    "guided_relu.py",
    "keras_classifier.py",
    "layer_capture.py",
    "library_maps.py",
    "logit_network.py",
    "network_loading.py",
    "network_passes.py",
    "output_head.py",
    "tensorflow_start.py",
    "weight_randomization.py",
}


def imports(path):
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module.split(".")[0]


def sources(part):
    path = ROOT / part
    return [path] if path.is_file() else sorted(path.rglob("*.py"))


@pytest.mark.parametrize("part", FORBIDDEN)
def test_arrows_never_turn_back(part):
    breaches = [
        f"{path.relative_to(ROOT)} imports {name}"
        for path in sources(part)
        for name in imports(path)
        if name in FORBIDDEN[part]
    ]
    assert not breaches


def test_only_rooms_that_run_models_import_keras():
    breaches = [
        f"{path.relative_to(ROOT)} imports {name}"
        for path in sources("mammo_core")
        if path.name not in RUNS_MODELS and not {"training", "architectures"} & set(path.parts)
        for name in imports(path)
        if name in {"tensorflow", "keras", "tf_keras_vis"}
    ]
    assert not breaches


def test_the_core_imports_without_the_heavy_libraries():
    code = (
        "import sys, mammo_core.cli, mammo_core.types; "
        "heavy = {'tensorflow', 'keras', 'sklearn', 'shap', 'pandas'} & set(sys.modules); "
        "assert not heavy, heavy"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT)


def test_no_module_prints_to_stdout_or_names_utils():
    assert not [p for part in ("mammo_core", "mammo_ui") for p in sources(part) if "util" in p.name]
