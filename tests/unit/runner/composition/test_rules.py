"""Rules across sections: built experiments that cannot work are told why, before data is read."""

import textwrap
from pathlib import Path

import pytest

from components.errors import ConfigError
from runner.composition.configure import configure


def problems(*overrides: str) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        configure(overrides)
    return str(caught.value).splitlines()


@pytest.mark.parametrize("name", ["sp500_volatility", "sp500_direction", "us20_momentum"])
def test_the_shipped_experiments_are_sound(name: str) -> None:
    experiment, composed = configure([f"experiment={name}"])
    assert experiment.name == name
    assert composed.notices == ()


@pytest.mark.parametrize(
    ("overrides", "line"),
    [
        (
            ["features.expressions.mom='ref(close, -1)'"],
            "features.expressions.mom: looks 1 bar into the future: ref(close, -1); a feature may only look back",
        ),
        (
            ["features.expressions.mom_{w}='x'", "features.expressions.mom='mean(clsoe, 5)'"][1:],
            "features.expressions.mom: unknown field 'clsoe' at column 6; did you mean 'close'? "
            "fields: close, high, low, open, volume",
        ),
        (
            ["split.vault_start='2017-13-01'"],
            "split.vault_start: '2017-13-01' is not a date; write it as YYYY-MM-DD, as 'last 504 bars', or null",
        ),
        (
            ["split=combinatorial_purged", "split.n_groups=5", "split.n_test_groups=5"],
            "split.n_test_groups: 5 test groups of 5 leave nothing to train on; lower it, or raise split.n_groups",
        ),
        (
            ["split=calendar", "split.first_steps=2", "split.valid_steps=3"],
            "split.valid_steps: 3 of 2 steps before the first test span leave nothing to train on; lower it, or raise "
            "split.first_steps",
        ),
        (
            ["split=held_out_symbols", "split.held_out=[sp500,sp500]"],
            "split.held_out: names a symbol twice",
        ),
        (
            ["name='a/b'", "export.name=fine"],
            "name: 'a/b' is not allowed; must be letters, digits, dot, dash and underscore, "
            "at most 100, beginning with a letter or digit",
        ),
        (
            ["export.name=.hidden"],
            "export.name: '.hidden' is not allowed; must be letters, digits, dot, dash and underscore, "
            "at most 100, beginning with a letter or digit",
        ),
        (
            ["portfolio=direction"],
            "portfolio: 'direction' understands forecasts of kind 'direction', "
            "but 'log_realised_variance' is of kind 'level'; choose another portfolio or target",
        ),
        (
            ["baselines.har.model.features=[log_variance_1,log_variance_6]"],
            "baselines.har.model.features: unknown feature 'log_variance_6'; did you mean 'log_variance_5'?; "
            "features: log_variance_1, log_variance_5, log_variance_22, last_label",
        ),
        (
            ["baselines.har.features.expressions.ahead='ref(close, -1)'"],
            "baselines.har.features.expressions.ahead: looks 1 bar into the future: ref(close, -1); "
            "a feature may only look back",
        ),
        (
            ["baselines.har.features.expressions.lost='mean(clse, 5)'"],
            "baselines.har.features.expressions.lost: unknown field 'clse' at column 6; did you mean 'close'? "
            "fields: close, high, low, open, volume",
        ),
        (
            ["gates.checks.explains_variance.maximum=-1"],
            "gates.checks.explains_variance: its minimum of 0 is above its maximum of -1",
        ),
        (
            ["gates.checks.explains_variance.minimum=null"],
            "gates.checks.explains_variance: has neither a minimum nor a maximum",
        ),
        (
            ["~baselines.har"],
            "gates.checks.beats_har: compares with the baseline 'har', which is not configured; baselines: last_value; "
            "or leave the gate out: '~gates.checks.beats_har'",
        ),
        (
            ["experiment=sp500_direction", "model=ridge"],
            "model: 'ridge' cannot forecast a probability, which the loss 'logistic' asks for; it can: mean; models "
            "that can: lightgbm, naive, scikit_learn, xgboost; or choose another loss",
        ),
        (
            ["experiment=us20_momentum", "backtest=impact_costs"],
            "backtest: needs 'volume', which the data does not have; fields: close; choose another backtest or price",
        ),
        (
            ["data=files", "data.path=/nowhere/bars.csv"],
            "data: /nowhere/bars.csv: no such file; give an existing CSV or Parquet file in data.path",
        ),
    ],
)
def test_what_does_not_fit_together(overrides: list[str], line: str) -> None:
    assert problems(*overrides) == [line]


def test_a_binary_loss_needs_a_target_of_directions() -> None:
    assert problems("loss=logistic") == [
        "loss: 'logistic' needs a target of kind 'direction' (labels 0 and 1), "
        "but 'log_realised_variance' is of kind 'level'; choose another loss or target"
    ]


def test_several_rules_speak_at_once() -> None:
    paths = [line.partition(":")[0] for line in problems("loss=logistic", "portfolio=direction", "name='a b'")]
    assert paths == ["name", "export.name", "loss", "portfolio"]


def test_a_move_that_cannot_be_traded_is_noticed() -> None:
    _, composed = configure(["experiment=us20_momentum", "target.skip_bars=0"])
    assert composed.notices == (
        "target: its move begins 0 bars after the decision, but orders are filled 1 bar after it: "
        "part of the forecast move cannot be traded",
    )


@pytest.mark.parametrize("text", ["", " ", "two\nlines", "x" * 301, "turned \u202e round"])
def test_a_hypothesis_is_one_sentence(text: str) -> None:
    with pytest.raises(ConfigError) as refused:
        configure([f'hypothesis="{text}"'])
    assert "hypothesis: must be one sentence of at most 300 characters that print, or null" in str(refused.value)


def test_a_debug_run_is_noticed() -> None:
    _, composed = configure(["debug=fast"])
    assert composed.notices == (
        "debug: a quick look, never promoted; where it evaluates half of the experiment or more, it is a trial",
    )
    _, composed = configure(["debug.enabled=true"])
    assert composed.notices == ("debug: nothing limits it, so that it is a trial like any other, but never promoted",)


TARGET = """
    from dataclasses import dataclass
    from components.contracts import Target

    @dataclass(frozen=True, kw_only=True)
    class Backwards(Target):
        kind = "level"

        def text(self):
            return "mean(close, 5)"

        @classmethod
        def examples(cls):
            return ({}, {})
"""


def test_a_target_must_look_forward(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "odd_targets.py").write_text(textwrap.dedent(TARGET))
    (tmp_path / "conf" / "target").mkdir(parents=True)
    (tmp_path / "conf" / "target" / "backwards.yaml").write_text("_target_: odd_targets.Backwards\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setenv("ASSAY_COMPONENTS", "odd_targets")
    assert problems("target=backwards") == [
        "target: does not look into the future: mean(close, 5); a target reads at least one later bar"
    ]
