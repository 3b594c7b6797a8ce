"""The gate on the leak tests."""

from components.gates.leaks_clean import LeaksClean
from components.values import LeakFinding, LeakReport

GATE = LeaksClean(rows="some", required=True)
EVERY_ROW = LeaksClean(rows="all", required=True)


def finding(where: str, severity: str = "leak") -> LeakFinding:
    return LeakFinding(test="cut", severity=severity, where=where, evidence="with all cut off, 3 values move")


def report(*findings: LeakFinding) -> LeakReport:
    return LeakReport(tests=("static", "cut"), findings=findings)


def test_no_finding_passes_and_names_the_tests(make_evidence) -> None:
    judgement = GATE.judge(make_evidence(leaks=report()))
    assert (judgement.status, judgement.value, judgement.threshold) == ("passed", 0.0, 0.0)
    assert judgement.says == "No leak was found by the tests static, cut."


def test_what_is_suspect_is_not_judged(make_evidence) -> None:
    assert GATE.judge(make_evidence(leaks=report(finding("data.vix", "suspect")))).status == "passed"


def test_a_leak_fails_with_test_and_place(make_evidence) -> None:
    judgement = GATE.judge(make_evidence(leaks=report(finding("portfolio"), finding("data.vix", "suspect"))))
    assert (judgement.status, judgement.value) == ("failed", 1.0)
    assert judgement.says == (
        "The future leaks in at portfolio (test cut). portfolio: with all cut off, 3 values move."
    )


def test_of_many_leaks_the_first_are_named(make_evidence) -> None:
    judgement = GATE.judge(make_evidence(leaks=report(*(finding(f"data.x{i}") for i in range(5)))))
    assert judgement.value == 5.0
    assert judgement.says.startswith(
        "The future leaks in at data.x0 (test cut), data.x1 (test cut), data.x2 (test cut), and 2 more. data.x0: "
    )


def test_without_leak_tests_it_fails(make_evidence) -> None:
    judgement = GATE.judge(make_evidence())
    assert (judgement.status, judgement.value) == ("failed", None)
    assert GATE.needs() == {"leaks"}
    judgement = GATE.judge(make_evidence(leaks=LeakReport(tests=(), findings=())))
    assert (judgement.status, judgement.says) == ("failed", "No leak tests were made.")


def test_what_was_seen_is_said(make_evidence) -> None:
    seen = LeakReport(tests=("inputs",), findings=(), seen=("Inputs: 2 of 9 symbols, 900 of 4,050 rows.",))
    assert GATE.judge(make_evidence(leaks=seen)).says == (
        "No leak was found by the tests inputs. Inputs: 2 of 9 symbols, 900 of 4,050 rows."
    )


def test_a_gate_that_asks_for_every_row_fails_without(make_evidence) -> None:
    assert EVERY_ROW.needs() == {"leaks", "every row"}
    judgement = EVERY_ROW.judge(make_evidence(leaks=report()))
    assert (judgement.status, judgement.says) == ("failed", "The leak tests did not look at every row.")
    whole = LeakReport(tests=("inputs",), findings=(), whole=True)
    assert EVERY_ROW.judge(make_evidence(leaks=whole)).status == "passed"
