"""A free name one letter from another one was probably meant to be that one."""

import pytest

from components.errors import ConfigError
from runner.composition.configure import configure
from runner.composition.names import too_alike

METRIC = "{_target_: components.gates.metric.MetricGate, metric: test/r2, minimum: 0.0, maximum: null, required: true}"


@pytest.mark.parametrize(
    ("name", "other"),
    [
        ("no_leak", "no_leaks"),
        ("no_leakss", "no_leaks"),
        ("no_laeks", "no_leaks"),
        ("no_leeks", "no_leaks"),
        ("strict.no_leak", "strict.no_leaks"),
        ("last_valu", "last_value"),
    ],
)
def test_one_edit_is_found(name: str, other: str) -> None:
    assert list(too_alike([other, "something_else", name])) == [(name, other)]


@pytest.mark.parametrize(
    "names",
    [
        ["har_1", "har_2"],
        ["log_variance_5", "log_variance_22", "log_variance_2"],
        ["trend_a", "trend_b"],
        ["a", "b"],
        ["har", "last_value"],
        ["no_leaks", "no_leaks_at_all"],
        ["h5", "h1", "h20"],
    ],
)
def test_what_tells_names_apart_on_purpose_is_no_slip(names: list[str]) -> None:
    assert list(too_alike(names)) == []


@pytest.mark.parametrize(
    ("override", "line"),
    [
        (
            f"+gates.checks.stable_fold={METRIC}",
            "gates.checks.stable_fold: is one letter away from gates.checks.stable_folds; set gates.checks.stable_folds"
            " instead, or give it another name",
        ),
        (
            "+baselines.hra={_target_: components.model.naive.Naive, method: train_mean}",
            "baselines.hra: is one letter away from baselines.har; set baselines.har instead, or give it another name",
        ),
    ],
)
def test_check_refuses_it(override: str, line: str) -> None:
    with pytest.raises(ConfigError) as caught:
        configure(["experiment=sp500_volatility", override])
    assert str(caught.value).splitlines() == [line]
