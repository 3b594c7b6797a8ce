"""What a model cannot give is refused by name, and what works is allowed."""

import pytest

from components.errors import ConfigError
from runner.composition.configure import configure

RETURNS = ["experiment=us20_momentum", "target=forward_returns"]
QUANTILES = ["experiment=sp500_volatility", "model=lightgbm", "loss=quantile"]
LINE = (
    "'{}' cannot forecast a quantile, which the loss 'quantile' asks for; it can: {}; models that can: lightgbm, "
    "xgboost; or choose another loss"
)


@pytest.mark.parametrize(
    ("overrides", "line"),
    [
        ([*QUANTILES, "model=ridge"], f"model: {LINE.format('ridge', 'mean')}"),
        ([*QUANTILES, "ensemble=blend"], f"ensemble.models.ridge: {LINE.format('ridge', 'mean')}"),
        (
            [*QUANTILES, "calibration=linear"],
            "calibration: 'linear' would turn a quantile, which the loss 'quantile' asks for, into a mean; choose "
            "another calibration or loss",
        ),
        ([*QUANTILES, "loss.decision=0.2"], "loss: its decision 0.2 is none of its levels 0.1, 0.5, 0.9"),
        (
            [*QUANTILES, "loss.levels=[0.9,0.5]"],
            "loss: its levels 0.9, 0.5 do not increase; name each once, the lowest first",
        ),
        (
            [*RETURNS, "model=naive"],
            "model: 'naive' forecasts one target, but 'forward_returns' has 3: h1, h5, h20; models that forecast "
            "several: autoregression, lightgbm, linear, ridge, scikit_learn, xgboost",
        ),
        ([*RETURNS, "target.horizons=[5,5]"], "target: its horizon 5 is named twice"),
        (
            ["model=lightgbm", "model.warm_start=pooled", "model.early_stopping_rounds=9"],
            "model: a pooled fit has no valid rows to stop early on; set its early_stopping_rounds to null",
        ),
        (
            [
                "experiment=sp500_volatility",
                "+baselines.window={_target_: components.model.autoregression.Autoregression, window_rows: 5, "
                "penalty: 1.0}",
            ],
            "baselines.window: reads 5 rows for a forecast, the model 1; it could not forecast the model's first rows; "
            "let it read no more rows than the model",
        ),
        (
            ["experiment=sp500_volatility", "model=ridge", "loss=logistic", "baselines=naive", "gates=deployment"],
            "model: 'ridge' cannot forecast a probability, which the loss 'logistic' asks for; it can: mean; models "
            "that can: lightgbm, naive, scikit_learn, xgboost; or choose another loss",
        ),
    ],
)
def test_one_line_says_what_cannot_be_given_and_who_could(overrides: list[str], line: str) -> None:
    with pytest.raises(ConfigError) as caught:
        configure(overrides)
    assert line in str(caught.value).splitlines()


def test_members_that_start_differently_are_refused() -> None:
    pooled = "{_target_: components.model.lightgbm.LightGBM, n_estimators: 5, learning_rate: 0.1, num_leaves: 4, "
    pooled += "min_child_samples: 5, max_bin: 63, feature_fraction: 1.0, bagging_fraction: 1.0, lambda_l2: 1.0, "
    pooled += "early_stopping_rounds: null, warm_start: pooled, shared_bins: false}"
    with pytest.raises(ConfigError) as caught:
        configure(
            [
                "experiment=sp500_volatility",
                "model=lightgbm",
                "ensemble=blend",
                "model.warm_start=previous_fold",
                f"+ensemble.models.other={pooled}",
            ]
        )
    assert str(caught.value) == (
        "ensemble: one member starts from pooled, another from previous_fold; let all of them start alike, or from "
        "nothing"
    )


@pytest.mark.parametrize(
    "overrides",
    [
        QUANTILES,
        [*QUANTILES, "calibration=conformal"],
        [*QUANTILES, "calibration=adaptive_conformal"],
        [*QUANTILES, "ensemble=bagging"],
        [*RETURNS, "model=ridge"],
        [*RETURNS, "model=lightgbm", "loss=quantile"],
        [*RETURNS, "model=ridge", "ensemble=blend"],
        ["experiment=sp500_volatility", "model=autoregression"],
        ["experiment=sp500_volatility", "model=autoregression", "ensemble=bagging"],
    ],
    ids=" ".join,
)
def test_baselines_of_one_mean_fit_beside_everything(overrides: list[str]) -> None:
    experiment, _ = configure(overrides)
    assert experiment.baselines
