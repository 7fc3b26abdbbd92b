"""The verb `diagnose` tells of any training's folder, without TensorFlow."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from mammo_core.errors import BadModel
from mammo_core.hard_examples import rank_losses, write_losses
from mammo_core.verbs.diagnose import diagnose

ROOT = Path(__file__).resolve().parents[1]
CLASSES = ["normal", "malignant"]


@pytest.fixture
def folder(tmp_path):
    """An unfinished training: patches, then six epochs of images that overfit."""
    lines = [
        "epoch,stage,loss,train_auroc,val_loss,val_auroc,val_recall_normal,val_recall_malignant"
    ]
    lines += ["1,patches,0.5,,0.7,0.55,1.0,0.0"]
    for epoch, (loss, val_loss) in enumerate(zip("987654", "567899", strict=True), start=2):
        lines.append(f"{epoch},images,0.{loss},0.9{epoch},0.{val_loss},0.{88 - epoch},0.75,0.0")
    (tmp_path / "history.csv").write_text("\n".join(lines) + "\n")
    counts = {"train": {"normal": 60, "malignant": 20}, "val": {"normal": 30, "malignant": 10}}
    (tmp_path / "images.json").write_text(json.dumps({"classes": CLASSES, "images": counts}))
    return tmp_path


def test_an_unfinished_training_has_its_last_stage_judged(folder):
    said = diagnose(str(folder))
    assert (said["finished"], said["stage"], said["epochs"]) == (False, "images", 7)
    assert (said["kind"], said["since"], said["best_epoch"]) == ("overfitting", 2, 2)
    assert "label_smoothing" in said["advice"]
    assert said["recall"] == {"normal": 0.75, "malignant": 0.0}
    assert said["noise"] == pytest.approx(0.075, abs=0.02)
    json.dumps(said, allow_nan=False)


def test_it_warns_of_few_positives_missed_classes_and_missing_losses(folder):
    warnings = " ".join(diagnose(str(folder))["warnings"])
    assert "Only 10 validation images are malignant" in warnings
    assert "No validation image of class malignant" in warnings
    assert "highest losses are known once the training has ended" in warnings


def test_the_highest_losses_are_listed_and_what_they_share(folder):
    import numpy as np

    p = np.linspace(0.01, 0.99, 200)
    facts = [
        {"image_id": f"i{k}", "split": "val", "label": "malignant",
         "source": "film" if k < 18 else "digital"} for k in range(200)
    ]  # fmt: skip
    write_losses(folder, rank_losses(facts, CLASSES, np.stack([1 - p, p], axis=1)))
    said = diagnose(str(folder), top=3)
    assert [row["image_id"] for row in said["highest_losses"]] == ["i0", "i1", "i2"]
    assert any("18 of the 20 highest losses come from film" in one for one in said["warnings"])


def test_a_folder_without_an_epoch_and_a_name_that_is_none_are_told(tmp_path, home):
    with pytest.raises(BadModel, match=r"no history\.csv yet"):
        diagnose(str(tmp_path))
    with pytest.raises(BadModel, match="No training 'nothing'"):
        diagnose("nothing")


def test_tensorflow_stays_out(folder):
    code = (
        "import sys; from mammo_core.verbs.diagnose import diagnose; "
        f"diagnose({str(folder)!r}); assert not {{'tensorflow', 'keras'}} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT)
