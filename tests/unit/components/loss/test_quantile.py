"""The pinball loss: derivatives, minimum, parts, what it asks for and what it refuses."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from components.loss.quantile import Quantile
from components.model._autograd import derivatives
from components.statistics.forecast import pinball, share_below

LOSS = Quantile(levels=(0.1, 0.5, 0.9), decision=0.9)


def values(loss, score_NQ, target_N):
    return loss(torch.tensor(score_NQ), torch.tensor(target_N)).numpy()


@given(score=st.floats(-1e6, 1e6), target=st.floats(-1e6, 1e6), level=st.floats(0.01, 0.99))
def test_of_one_level_it_is_the_sentence_of_its_definition(score, target, level):
    loss = Quantile(levels=(level,), decision=level)
    error = target - score
    expected = level * error if error >= 0 else (level - 1) * error
    assert values(loss, np.array([score]), np.array([target]))[0] == pytest.approx(expected)


def test_of_several_levels_it_is_the_mean_of_its_parts_with_one_value_a_sample():
    rng = np.random.default_rng(0)
    score_NQ, target_N = rng.normal(size=(50, 3)), rng.normal(size=50)
    whole_N = values(LOSS, score_NQ, target_N)
    parts_NQ = [values(part, score_NQ[:, [place]], target_N) for place, part in enumerate(LOSS.parts)]
    assert whole_N.shape == (50,)
    assert whole_N == pytest.approx(np.mean(parts_NQ, axis=0))
    assert [part.levels for part in LOSS.parts] == [(0.1,), (0.5,), (0.9,)]


def test_gradient_is_that_of_central_differences():
    rng = np.random.default_rng(1)
    score_NQ, target_N = rng.normal(size=(80, 3)), rng.normal(size=80)
    score = torch.tensor(score_NQ, requires_grad=True)
    LOSS(score, torch.tensor(target_N)).sum().backward()
    step = 1e-6
    for column in range(3):
        moved = np.eye(3)[column] * step
        difference_N = (values(LOSS, score_NQ + moved, target_N) - values(LOSS, score_NQ - moved, target_N)) / 2 / step
        assert score.grad[:, column].numpy() == pytest.approx(difference_N, abs=1e-7)


@pytest.mark.parametrize("level", [0.1, 0.5, 0.8])
def test_the_constant_that_costs_least_is_the_quantile(level):
    target_N = np.random.default_rng(2).exponential(size=2001)
    tried = np.linspace(0, 4, 4001)
    costs = [pinball(target_N, np.full(len(target_N), constant), level) for constant in tried]
    best = tried[int(np.argmin(costs))]
    assert best == pytest.approx(np.quantile(target_N, level), abs=2e-3)
    assert share_below(target_N, np.full(len(target_N), best)) == pytest.approx(level, abs=2e-3)


def test_what_it_asks_for():
    head = LOSS.head
    assert (head.statistic, head.levels, head.decision, head.width) == ("quantile", (0.1, 0.5, 0.9), 2, 3)
    outputs = head.outputs({"h1": 1, "h5": 5})
    assert [output.name for output in outputs.columns] == [
        f"{target}.quantile_{level}" for target in ("h1", "h5") for level in (0.1, 0.5, 0.9)
    ]
    assert outputs.decided.name == "h1.quantile_0.9"
    assert outputs.interval == (0, 2, 0.8)


def test_levels_that_fall_and_a_decision_that_is_none_of_them_are_flaws():
    assert LOSS.flaws() == ()
    assert Quantile(levels=(0.9, 0.1), decision=0.5).flaws() == (
        "its levels 0.9, 0.1 do not increase; name each once, the lowest first",
        "its decision 0.5 is none of its levels 0.9, 0.1",
    )


def test_boosting_takes_its_curvature_as_one():
    loss = LOSS.parts[0]
    assert loss.curvature == "constant"
    gradient_N, hessian_N = derivatives(loss, np.array([0.0, 2.0]), np.array([1.0, 1.0]))
    assert gradient_N.tolist() == pytest.approx([-0.1, 0.9])
    assert hessian_N.tolist() == [1.0, 1.0]
