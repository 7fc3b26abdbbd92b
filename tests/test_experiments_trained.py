"""A cross-validation with real trainings goes on as if it had not been stopped."""

import pandas as pd
import pytest

from mammo_core.datasets import load_dataset
from mammo_core.datasets.indexing import index_dataset
from mammo_core.errors import Cancelled
from mammo_core.experiments.cross_validation import Protocol, cross_validate
from mammo_core.experiments.record import TABLE, read_experiment
from mammo_core.metrics.evaluation import evaluate
from mammo_core.phantom.sample import SampleSettings, write_sample
from mammo_core.predictions import read_predictions
from mammo_core.training.configuration import TrainingConfiguration
from mammo_core.training.plan import plan_training

CONFIG = TrainingConfiguration(
    recipe="whole_image", image_size=(64, 48), epochs=2, batch_size=8, patience=9
)


@pytest.fixture
def plan(home):
    write_sample(home / "raw", 16, SampleSettings(seed=1, size=(160, 128)), workers=1)
    index_dataset(home / "raw", home / "data")
    return plan_training(load_dataset(home / "data"), CONFIG)


@pytest.mark.slow
def test_a_stopped_cross_validation_ends_as_an_unbroken_one(plan, tmp_path):
    def stop_in_the_second_part(done, total, doing):
        if doing.startswith("Epochs") and done == 3:
            raise Cancelled("Stopped by the user")

    protocol = Protocol(folds=2, everything=True)
    whole = cross_validate(plan, protocol, tmp_path / "whole")
    with pytest.raises(Cancelled):
        cross_validate(plan, protocol, tmp_path / "stopped", progress=stop_in_the_second_part)
    assert read_experiment(tmp_path / "stopped").result is None
    again = cross_validate(plan, protocol, tmp_path / "stopped")
    assert again["result"] == whole["result"]
    tables = [pd.read_parquet(tmp_path / name / TABLE) for name in ("whole", "stopped")]
    pd.testing.assert_frame_equal(*tables)
    assert evaluate(read_predictions(tmp_path / "whole" / TABLE))["n"] == whole["result"]["n"]
