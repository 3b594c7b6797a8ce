"""What the points of a sweep share changes nothing of any of them."""

import pytest

from components.errors import ConfigError
from runner.composition.compose import Memo
from runner.composition.configure import configure
from runner.composition.interpolation import resolve
from runner.report.description import settings_text

BASE = ("+experiment=sp500_volatility", "model=ridge")
POINTS = (
    ("model.penalty=1",),
    ("model.penalty=2.0", "name=other"),
    ("model.penalty=2",),
    ("features=technical", "model.penalty=2"),
    ("backtest.cost_bps=3", "split.n_folds=3", "seed=7"),
    (),
)


def test_points_with_a_memo_are_the_points_without_one() -> None:
    memo, texts = Memo(), dict[str, str]()
    for point in POINTS:
        shared, composed = configure((*BASE, *point), memo=memo)
        alone, of_its_own = configure((*BASE, *point))
        assert shared == alone
        assert repr(composed.config) == repr(of_its_own.config)
        assert settings_text(composed.config, texts) == settings_text(of_its_own.config)
        for bad in ("model.penalty=-1", "model.penaltee=1", "portfolio=rank_long_short"):
            with pytest.raises(ConfigError) as with_memo:
                configure((*BASE, *point, bad), memo=memo)
            with pytest.raises(ConfigError) as without:
                configure((*BASE, *point, bad))
            assert str(with_memo.value) == str(without.value)


def test_one_and_true_are_not_one_point() -> None:
    memo = Memo()
    assert configure((*BASE, "split.n_folds=1"), memo=memo)
    with pytest.raises(ConfigError):
        configure((*BASE, "split.n_folds=true"), memo=memo)


@pytest.mark.parametrize(
    ("config", "resolved"),
    [
        ({"a": 1, "b": "${a}", "c": {"d": ["${c.e}"], "e": "x"}}, {"a": 1, "b": 1, "c": {"d": ["x"], "e": "x"}}),
        ({"a": "${b}", "b": "${c}", "c": 2.5}, {"a": 2.5, "b": 2.5, "c": 2.5}),
        ({"a": "x ${b}", "b": None}, {"a": "x None", "b": None}),
        ({"a": {"b": 1}, "c": "${a}"}, {"a": {"b": 1}, "c": {"b": 1}}),
    ],
)
def test_references_are_filled_in_as_omegaconf_does(config: dict, resolved: dict) -> None:
    from omegaconf import OmegaConf

    assert OmegaConf.to_container(OmegaConf.create(config), resolve=True) == resolved
    assert resolve(config) == (resolved, [])
