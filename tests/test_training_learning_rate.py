"""The search for a learning rate, on problems whose divergence bound is known."""

import numpy as np
import pytest

from mammo_core.training.rates import list_rates, rate_key, smooth_losses, sweep_rates

RATES = list_rates(1e-5, 10.0, 120).tolist()


def descend(hessian, noise=0.0, seed=0):
    """A step of gradient descent on a noisy quadratic, from a fixed start."""
    rng = np.random.default_rng(seed)
    weights = np.ones(len(hessian))

    def step(rate):
        nonlocal weights
        loss = 1 + weights @ hessian @ weights + noise * rng.normal()
        weights = weights - rate * (hessian @ weights + noise * rng.normal(size=len(weights)))
        return float(min(loss, 1e30))

    return step


@pytest.mark.parametrize("steepest", [0.5, 3.0, 40.0])
@pytest.mark.parametrize("noise", [0.0, 0.02])
def test_the_suggestion_lies_below_the_divergence_bound_and_still_learns(steepest, noise):
    hessian = np.diag(np.linspace(steepest / 4, steepest, 6))
    curve = sweep_rates(descend(hessian, noise), RATES)
    bound = 2 / steepest
    assert curve.suggestion is not None
    assert bound / 200 < curve.suggestion < bound


def test_a_steeper_problem_asks_for_a_lower_rate():
    flat, steep = (sweep_rates(descend(np.eye(4) * k), RATES).suggestion for k in (1.0, 50.0))
    assert steep < flat / 10


def test_it_ends_where_the_loss_diverges():
    curve = sweep_rates(descend(np.eye(4) * 40), RATES)
    assert 2 / 40 < curve.diverged_at < RATES[-1]
    assert len(curve.rates) == len(curve.losses) == len(curve.smoothed) < len(RATES)


def test_a_loss_that_is_not_finite_ends_it_and_is_not_kept():
    losses = iter([1.0] * 5 + [float("nan")])
    curve = sweep_rates(lambda rate: next(losses), RATES)
    assert curve.losses == (1.0,) * 5
    assert curve.diverged_at == RATES[5]
    assert curve.suggestion is None


@pytest.mark.parametrize("seed", range(5))
def test_a_loss_that_only_scatters_suggests_nothing(seed):
    rng = np.random.default_rng(seed)
    assert sweep_rates(lambda rate: float(rng.normal(1, 0.1)), RATES).suggestion is None


def test_the_first_batch_alone_may_be_infinite():
    assert sweep_rates(lambda rate: float("inf"), RATES).losses == ()


def test_smoothing_a_level_line_changes_nothing():
    np.testing.assert_allclose(smooth_losses([0.7] * 20), 0.7)


def test_rates_rise_by_one_factor():
    rates = list_rates(1e-4, 1.0, 5)
    np.testing.assert_allclose(rates, [1e-4, 1e-3, 1e-2, 1e-1, 1])


def test_each_stage_has_its_own_setting():
    assert [rate_key(stage) for stage in ("patches", "head", "images")] == [
        "patch_learning_rate",
        "head_learning_rate",
        "learning_rate",
    ]
