"""The two shipped models, audited on the sample as it is and with its tags: told in words."""

import shutil

import pytest

from mammo_core.audit.options import AuditOptions
from mammo_core.audit.run import audit_model
from mammo_core.cli import main
from mammo_core.datasets import load_dataset
from mammo_core.model_store import find_model
from mammo_core.paths import REPOSITORY

pytestmark = pytest.mark.slow
OPTIONS = AuditOptions(
    methods=("grad_cam", "hires_cam", "saliency", "input_x_gradient"),
    metrics=("pointing_game", "energy_pointing"),
)


@pytest.fixture(scope="module")
def own_home(tmp_path_factory):
    """A home with both models, and the sample made again with tags that betray the label."""
    home = tmp_path_factory.mktemp("home")
    for name in ("demo", "demo-shortcut"):
        shutil.copytree(
            REPOSITORY / "models" / name,
            home / "models" / name,
            ignore=shutil.ignore_patterns("audit"),
        )
    shutil.copytree(REPOSITORY / "sample_data", home / "sample_data")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MAMMO_HOME", str(home))
        raw, dataset = home / "raw", home / "tagged"
        asked = ("--patients", "24", "--seed", "7", "--difficulty", "0.2", "--split", "test")
        run("sample", str(raw), *asked, "--shortcut")
        run("index", str(raw), "--out", str(dataset))
        yield home


def run(*words):
    with pytest.raises(SystemExit) as end:
        main([*words, "--json"])
    assert end.value.code == 0


def audit(model, dataset):
    return audit_model(find_model(model), load_dataset(dataset), OPTIONS)


def test_of_the_rigged_model_the_audit_says_that_it_looks_at_the_tag(own_home):
    verdict = audit("demo-shortcut", own_home / "tagged")["shortcuts"]["verdict"]
    assert verdict["level"] == "doubt"
    assert verdict["words"].startswith("Looks at the tag: AUROC falls from")


def test_of_the_honest_model_it_says_that_it_looks_at_the_breast(own_home):
    summary = audit("demo", own_home / "sample_data")
    verdict = summary["shortcuts"]["verdict"]
    assert verdict["level"] == "believe"
    assert verdict["words"].startswith("Looks at the breast")
    best = max(row["pointing_game"]["value"] for row in summary["methods"].values())
    assert best > summary["methods"]["center"]["pointing_game"]["high"]


def test_without_its_tag_the_rigged_model_ranks_by_chance_and_the_audit_says_so(own_home):
    verdict = audit("demo-shortcut", own_home / "sample_data")["shortcuts"]["verdict"]
    assert verdict["level"] == "caution"
    assert "no better than chance" in verdict["words"]
