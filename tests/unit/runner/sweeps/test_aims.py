"""Objectives and constraints: figures of validation rows that every point has, refused by name before anything runs."""

import pytest

from components.errors import ConfigError
from runner.composition.configure import configure
from runner.specification.sweep import Settings
from runner.sweeps.aims import Constraint, aims_of, among
from runner.sweeps.checked import checked
from runner.sweeps.searches import Past
from runner.sweeps.settings import asked

ASSETS, LEVEL = ("+experiment=us20_reversal",), ("+experiment=sp500_volatility",)


def complaint(*overrides: str) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        checked(asked(overrides))
    return str(caught.value).splitlines()


def test_a_constraint_is_read_from_the_command_line() -> None:
    settings = asked(["model=ridge,naive", 'sweep.constraints=["valid/mae<=0.5","valid/r2 >= -1e-1"]']).settings
    aims = aims_of(settings, configure(LEVEL)[0])
    assert aims.objectives == ("valid/r2",)
    assert aims.constraints == (
        Constraint(figure="valid/mae", bound=0.5, sign=1),
        Constraint(figure="valid/r2", bound=-0.1, sign=-1),
    )
    assert [each.violation(0.25) <= 0 for each in aims.constraints] == [True, True]
    assert [each.violation(value) for each, value in zip(aims.constraints, (1.0, -0.6), strict=True)] == [0.5, 0.5]


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        (
            "objectives=[test/r2]",
            "sweep.objectives: 'test/r2' is not allowed; 'valid/r2': a search sees validation rows only",
        ),
        (
            "objectives=[vault/r2]",
            "sweep.objectives: 'vault/r2' is not allowed; 'valid/r2': a search sees validation rows only",
        ),
        (
            "objectives=[backtest/sharpe]",
            "sweep.objectives: 'backtest/sharpe' is not allowed; backtest/... is of the bars that the forecasts are "
            "judged on: a search sees validation rows only",
        ),
        ("objectives=[valid/r3]", "sweep.objectives: 'valid/r3' is nothing to search for; such as valid/r2"),
        (
            'constraints=["valid/maee<=0.5"]',
            "sweep.constraints: 'valid/maee': there is no metric 'maee'; did you mean 'valid/mae'?",
        ),
        (
            'constraints=["valid/turnover_annual<=0.5"]',
            "sweep.constraints: 'valid/turnover_annual': turnover_annual is a figure of an account; "
            "a search sees validation rows only, such as valid/r2",
        ),
        (
            'constraints=["backtest/turnover_annual<=0.5"]',
            "sweep.constraints: 'backtest/turnover_annual<=0.5' is not allowed; backtest/... is of the bars that the "
            "forecasts are judged on: a search sees validation rows only",
        ),
        (
            'constraints=["valid/mae<0.5"]',
            "sweep.constraints: 'valid/mae<0.5' is no constraint; write a figure, <= or >=, and a number, such as "
            "valid/mae<=0.5",
        ),
        (
            'constraints=["valid/mae<=nan"]',
            "sweep.constraints: 'valid/mae<=nan' is no constraint; write a figure, <= or >=, and a number, such as "
            "valid/mae<=0.5",
        ),
    ],
)  # fmt: skip
def test_what_may_not_or_cannot_decide_is_refused_by_name(setting: str, said: str) -> None:
    assert complaint(*LEVEL, "model=ridge,naive", f"sweep.{setting}") == [said]


def test_a_figure_that_some_points_lack_names_them() -> None:
    (line,) = complaint(*LEVEL, "model=lightgbm", "loss=squared,quantile", "sweep.objectives=[valid/pinball]")
    assert line.startswith("at loss=squared: sweep.objectives: 'valid/pinball': pinball is of quantiles")


def test_the_order_of_symbols_decides_only_where_there_are_enough() -> None:
    experiment = configure(ASSETS)[0]
    assert aims_of(Settings(), experiment).objectives == ("valid/rank_ic",)
    assert among(Settings(), experiment, 3).objectives == ("valid/rank_ic",)
    assert among(Settings(), experiment, 2).objectives == ("valid/r2",)
    with pytest.raises(ConfigError) as caught:
        among(Settings(objectives=("valid/ic",)), experiment, 2)
    assert str(caught.value) == (
        "sweep.objectives: 'valid/ic' is of the order of a date's symbols, 3 or more, and the bars have 2; "
        "such as valid/r2"
    )


def test_what_breaks_a_constraint_is_not_the_best() -> None:
    kept, broken = (Past(values={}, state="finished", violations=each) for each in ((-1.0, 0.0), (-1.0, 0.1)))
    assert (kept.eligible, broken.eligible, Past(values={}, state="pruned").eligible) == (True, False, False)
