"""How gates put figures into words, and the judgements that several of them share."""

import math
from typing import Literal

import numpy as np

from components.errors import ContractError
from components.statistics.newey_west import MeanTest
from components.values import Evidence, Judgement, Need, Relation, Scored

Span = Literal["valid", "test", "vault"]


def number(value: float) -> str:
    """Three significant digits, without exponent where one can read it: 0.0312, 12.4, 1,250."""
    if value == 0 or not math.isfinite(value):
        return "0" if value == 0 else str(value)
    if abs(value) < 1e-4 or abs(value) >= 1e9:
        return f"{value:.2e}"
    digits = max(2 - math.floor(math.log10(abs(value))), 0)
    text = f"{value:,.{digits}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def percent(share: float) -> str:
    """0.0823 as "8.2 %", 0.5 as "50 %"; a second decimal below one percent."""
    digits = 1 if abs(share) >= 0.00995 else 2
    text = f"{share * 100:,.{digits}f}".rstrip("0").rstrip(".")
    return f"{text} %" if text not in ("", "-0") else "0 %"


def probability(p: float) -> str:
    """p = 0.013, or p < 0.001."""
    return "p < 0.001" if p < 0.001 else f"p = {p:.3f}"


def sentence(text: str) -> str:
    """The text with a capital first letter."""
    return text[:1].upper() + text[1:]


def t_and_p(test: MeanTest) -> str:
    """The statistic and its one-sided p-value, as in t = 3.1, p = 0.001."""
    return f"t = {test.t:.1f}, {probability(test.p_greater)}"


def scored_on(evidence: Evidence, span: Span) -> Scored:
    """The forecasts of a span. Raises ContractError for a vault that nobody has opened."""
    if span != "vault":
        return evidence.test if span == "test" else evidence.valid
    if evidence.vault is None:
        raise ContractError("the vault is closed: a gate that looks into it is judged at promotion")
    return evidence.vault.scored


def needs_of(span: str) -> frozenset[Need]:
    """What a gate on this span needs to know."""
    return frozenset[Need]({"vault"} if span == "vault" else ())


def judge_by_test(test: MeanTest, *, level: float, years: float, measured: str, needed: str) -> Judgement:
    """Passes where a one-sided test rejects "no better" at the level; value and threshold are p-values.

    measured: the figures, a clause; needed: the smallest effect that would pass on the same dates, a
    noun phrase; years: calendar years that the test saw.
    """
    if math.isnan(test.t):
        return not_computable(
            f"{sentence(measured)}, but whether that is luck cannot be tested: it takes 8 dates or more on "
            f"which the difference varies, and there are {test.n} dates.",
            level,
        )
    passed = test.p_greater <= level
    says = f"{sentence(measured)} ({t_and_p(test)}): {_luck(test, passed)}."
    suffices = f"On these dates {needed} would suffice. {_more_history(test, level, years)}"
    return judgement(
        passed,
        value=test.p_greater,
        threshold=level,
        relation="<=",
        statistic="p-value",
        says=says,
        suffices=suffices,
    )


def _luck(test: MeanTest, passed: bool) -> str:
    if passed:
        return "more than luck explains"
    return "no more than luck explains" if test.mean > 0 else "no improvement at all"


def _more_history(test: MeanTest, level: float, years: float) -> str:
    """What more history would do if the effect kept its size: t grows with the root of time."""
    if not test.mean > 0:
        return "More history of this kind would not help."
    more = years * ((test.critical(level) / test.t) ** 2 - 1)
    if more > 200:
        return "At the effect measured even two more centuries of history would not suffice."
    return f"At the effect measured about {duration(more)} more of history would suffice."


def duration(years: float) -> str:
    """0.5 as "6 months", 3.52 as "3.5 years"."""
    if years < 1:
        return _counted(str(max(math.ceil(years * 12), 1)), "month")
    return _counted(number(round(years, 1) if years < 10 else round(years)), "year")


def _counted(amount: str, unit: str) -> str:
    return f"{amount} {unit}" if amount == "1" else f"{amount} {unit}s"


def years_of(scored: Scored) -> float:
    """Calendar years between the first and the last scored decision."""
    if len(scored.timestamps_M) == 0:
        return 0.0
    return float((scored.timestamps_M[-1] - scored.timestamps_M[0]) / np.timedelta64(1, "D")) / 365.25


def not_applicable(says: str) -> Judgement:
    """The gate is for another kind of target: it blocks nothing, and speaks for nothing."""
    return Judgement(status="not_applicable", value=None, threshold=None, says=says)


def not_computable(says: str, threshold: float | None) -> Judgement:
    """What should be measured could not be: that is a failure, not a pass."""
    return Judgement(status="failed", value=None, threshold=threshold, says=says)


def judgement(
    passed: bool,
    *,
    value: float,
    threshold: float,
    says: str,
    relation: Relation,
    statistic: str,
    suffices: str = "",
) -> Judgement:
    """Passed or failed on a figure that was measured.

    relation: how the value must stand to the threshold; statistic: what both are of; suffices: what would suffice where
    it failed; a failure's words end with it.
    """
    suffices = "" if passed else suffices
    return Judgement(
        status="passed" if passed else "failed",
        value=float(value),
        threshold=float(threshold),
        says=f"{says} {suffices}".strip(),
        suffices=suffices,
        statistic=statistic,
        relation=relation,
    )
