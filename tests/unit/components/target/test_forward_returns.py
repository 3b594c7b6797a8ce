"""Several horizons are as many single ones."""

from components.target.forward_return import ForwardReturn
from components.target.forward_returns import ForwardReturns


def test_each_column_is_the_return_over_its_horizon_and_the_first_is_decided_on():
    target = ForwardReturns(horizons=(5, 1, 20), skip_bars=1, cross_sectional="demean")
    alone = {
        f"h{bars}": ForwardReturn(horizon_bars=bars, skip_bars=1, cross_sectional="demean").text()
        for bars in (5, 1, 20)
    }
    assert dict(target.columns()) == alone
    assert list(target.columns()) == ["h5", "h1", "h20"]
    assert target.text() == alone["h5"]
    assert target.flaws() == ()


def test_a_horizon_that_is_named_twice_is_a_flaw():
    target = ForwardReturns(horizons=(5, 1, 5), skip_bars=1, cross_sectional="none")
    assert target.flaws() == ("its horizon 5 is named twice",)
