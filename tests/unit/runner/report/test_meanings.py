"""What is shown is explained in one sentence; those of the figures are laws of their metrics."""

import re

import pytest

from runner.report.meanings import TERMS, shown


@pytest.mark.parametrize("says", [says for _, says in TERMS.values()])
def test_a_meaning_is_one_sentence(says: str) -> None:
    assert says.endswith(".")
    assert len(re.findall(r"\. ", says)) == 0
    assert len(says) <= 200


@pytest.mark.parametrize(
    ("says", "term"),
    [
        ("... than those of har (t = 2.2, p = 0.016): more than luck explains.", "Diebold–Mariano test (DM)"),
        ("The portfolio's Sharpe ratio is 0.4: 90 % sure to exceed 0.", "Probabilistic Sharpe ratio (PSR)"),
        ("A record of 12 years with the same ratio would suffice.", "Minimum track record length (MinTRL)"),
        ("Its deflated Sharpe ratio is 0.7.", "Deflated Sharpe ratio (DSR)"),
        ("The mean rank information coefficient is 0.02.", "Information coefficient (IC)"),
        ("In the unlucky 5 % of 500 resampled histories.", "Resampled histories"),
    ],
)
def test_terms_are_explained_where_a_gate_uses_them(says: str, term: str) -> None:
    assert term in {meaning.label for meaning in shown([], [says])}


def test_only_what_is_shown_is_explained() -> None:
    found = shown(["test/r2", "test/r2_fold_1", "test/har/r2", "backtest/sharpe", "backtest/own"], [])
    assert [meaning.label for meaning in found] == ["R²", "Sharpe ratio"]
