"""A required gate that needs what is left out is refused with both remedies; an advisory one is not asked."""

import pytest

from components.errors import ConfigError
from runner.composition.configure import configure
from runner.composition.gates import left_out

STRICT = ["experiment=sp500_volatility", "gates=strict"]


def refused(*overrides: str) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        configure(overrides)
    return str(caught.value).splitlines()


@pytest.mark.parametrize(
    ("overrides", "lines"),
    [
        (
            ["split.vault_start=null"],
            [
                "vault_not_worse: is required, and the experiment has no vault; set split.vault_start, or "
                "{}.required=false"
            ],
        ),
        (
            ["portfolio=none"],
            [
                "survives_double_costs: is required, and the experiment has no portfolio; choose a portfolio, or "
                "{}.required=false",
                "survives_one_bar_later: is required, and the experiment has no portfolio; choose a portfolio, or "
                "{}.required=false",
            ],
        ),
        (
            [f"backtest.{name}=0" for name in ("cost_bps", "borrow_bps_annual", "financing_bps_annual")],
            [
                "survives_double_costs: is required, and the experiment has no costs; give the backtest costs, or "
                "{}.required=false"
            ],
        ),
        (
            ["gates.checks.interval_coverage.required=true"],
            [
                "interval_coverage: is required, and the experiment has no intervals of its forecasts; set "
                "calibration=conformal, or {}.required=false"
            ],
        ),
        (
            ["~baselines.last_value"],
            [
                f"{name}: compares with the baseline 'last_value', which is not configured; baselines: har; or leave "
                "the gate out: '~{}'"
                for name in (
                    "superior_ability",
                    "deflated_skill",
                    "keeps_its_profit",
                    "keeps_its_rank",
                    "beats_last_value",
                    "vault_not_worse",
                )
            ],
        ),
    ],
)
def test_what_is_left_out_is_refused_with_both_remedies(overrides: list[str], lines: list[str]) -> None:
    expected = [f"gates.checks.{line}".format(f"gates.checks.{line.partition(':')[0]}") for line in lines]
    assert refused(*STRICT, *overrides) == expected


def test_an_advisory_gate_is_not_asked_for_what_is_not_there() -> None:
    experiment, composed = configure(["experiment=sp500_volatility", "portfolio=none", "split.vault_start=null"])
    assert left_out(experiment) == {
        "exposure_skill": "no portfolio",
        "interval_coverage": "no intervals of its forecasts",
        "survives_double_costs": "no portfolio",
        "vault_not_worse": "no vault",
    }
    assert composed.notices == ()


def test_a_gate_of_another_kind_needs_nothing() -> None:
    experiment, _ = configure(["experiment=us20_momentum", "gates=strict", "split.vault_start='2021-01-01'"])
    assert "interval_coverage" in left_out(experiment)


def test_a_set_without_skill_is_noticed() -> None:
    _, composed = configure(["experiment=sp500_volatility", "gates=deployment"])
    assert composed.notices == (
        "gates: no required gate judges skill, so nothing will be promoted; combine, as in gates=[returns,deployment]",
    )


@pytest.mark.parametrize(
    ("overrides", "line"),
    [
        (
            ["split.vault_start='2024-06-01'"],
            "split.vault_start: '2024-06-01' is after the bars that data.end names: nothing would be held back; choose "
            "an earlier date, or null for no vault",
        ),
        (
            ["split.vault_start='2010-01-01'"],
            "split.vault_start: '2010-01-01' is before the bars that data.start names: nothing would be left; choose a "
            "later date",
        ),
    ],
)
def test_a_vault_beyond_what_the_settings_name_is_refused(
    overrides: list[str], line: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from components.data.yfinance import YFinance

    monkeypatch.setattr(YFinance, "optional", ())
    data = ["data=yfinance", "data.symbols=[SPY]", "data.start='2012-01-01'", "data.end='2024-01-01'"]
    assert line in refused("experiment=sp500_volatility", *data, *overrides)
