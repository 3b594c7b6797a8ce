"""Definitions with parameters, the library behind them, and what is refused."""

import pytest

from components.expressions import ExpressionError, parse, to_text
from components.expressions.macros import SHARED, macros_of

LET = {
    "r": "log(close / ref(close, 1))",
    "trend(x, n)": "mean(x, 2 * n + 1) - r",
    "twice( n )": "trend(r, n) * n",
    "tuned(x, w, q)": "quantile(x, w + 1, q / 100)",
}


@pytest.mark.parametrize(
    ("text", "stands_for"),
    [
        ("trend(close, 3)", "mean(close, 7) - log(close / ref(close, 1))"),
        (
            "twice(2)",
            "(mean(log(close / ref(close, 1)), 5) - log(close / ref(close, 1))) * 2",
        ),
        ("tuned(volume, 4 + 5, 25)", "quantile(volume, 10, 0.25)"),
        ("trend(trend(close, 1), 1) + 1", "mean(mean(close, 3) - r, 3) - r + 1"),
        ("zscore(close, 5)", "(close - mean(close, 5)) / std(close, 5)"),
    ],
)
def test_expansion(text: str, stands_for: str) -> None:
    node = parse(text, fields=["close", "volume"], let=LET)
    assert node == parse(stands_for, let=LET)
    assert parse(to_text(node)) == node


def test_arguments_keep_their_meaning() -> None:
    """An argument is understood where it is written: a definition's parameters are not seen in it."""
    let = {"x": "volume", "outer(y)": "inner(x) + y", "inner(x)": "x * 2"}
    assert parse("outer(close)", let=let) == parse("volume * 2 + close")


def test_parameters_hide_fields() -> None:
    assert parse("f(volume)", fields=["close", "volume"], let={"f(close)": "close + 1"}) == parse("volume + 1")


def test_own_definitions_come_before_the_library_and_are_not_seen_by_it() -> None:
    assert parse("zscore(close, 5)", let={"zscore(x, w)": "x / w"}) == parse("close / 5")
    assert parse("roc(close, 2)", let={"returns(x, n)": "x"}) == parse("roc(close, 2)")


@pytest.mark.parametrize(
    ("text", "let", "message"),
    [
        ("f(close)", {"f(x, n)": "x"}, "'f' at column 1 takes 2 arguments, got 1; write f(x, n)"),
        ("f(close, 1)", {"f(x)": "x"}, "'f' at column 1 takes 1 argument, got 2; write f(x)"),
        ("f + 1", {"f(x)": "x"}, "operator 'f' at column 1 needs arguments: f(x)"),
        ("f(close)", {"f": "close"}, "'f' at column 1 takes no arguments; write f"),
        ("zscore + 1", {}, "operator 'zscore' at column 1 needs arguments: zscore(x, w)"),
        ("zscor(close, 2)", {}, "unknown operator 'zscor' at column 1; did you mean 'zscore'?"),
        ("zscore(close, 1)", {}, None),
        ("f(close)", {"f(x)": "g(x)", "g(y)": "f(y)"}, "let f: let g: the definition of 'f' uses itself: f -> g -> f"),
        ("f(close)", {"f(x)": "x + y"}, "let f: unknown field 'y' at column 5; fields: close"),
        (
            "f(close, 2)",
            {"f(x, n)": "mean(x, n / 4)"},
            "let f: 'w' of mean(x, w) must be a whole number of bars from 1 to 100000, got n / 4 = 0.5 at column 9",
        ),
        (
            "f(close, close)",
            {"f(x, n)": "mean(x, n)"},
            "let f: 'w' of mean(x, w) must be a whole number of bars from 1 to 100000, got n at column 9",
        ),
        (
            "mean(close, 2)",
            {"mean(x, w)": "x"},
            "the definition 'mean(x, w)' has the name of an operator; choose another name",
        ),
        (
            "close + 1",
            {"f(x": "x"},
            "the definition 'f(x' must be called name or name(x, n); letters, digits and _; every parameter once",
        ),
        (
            "close + 1",
            {"f(x, x)": "x"},
            "the definition 'f(x, x)' must be called name or name(x, n); letters, digits and _; every parameter once",
        ),
        ("close + 1", {"f(x)": "x", "f": "close"}, "'f' is defined twice; rename 'f'"),
    ],
)
def test_refusals(text: str, let: dict[str, str], message: str | None) -> None:
    with pytest.raises(ExpressionError) as caught:
        parse(text, fields=["close"], let=let, where="features.f")
    if message is None:
        message = (
            "library zscore: 'w' of std(x, w) must be a whole number of bars from 2 to 100000, got w = 1 at column 27"
        )
    assert str(caught.value) == f"features.f: {message}"


@pytest.mark.parametrize("body", ["f{k}(f{k}(x))", "f{k}(x + 1) + f{k}(x + 2)"])
def test_definitions_that_multiply_are_refused(body: str) -> None:
    let = {f"f{k}(x)": body.format(k=k + 1) for k in range(30)} | {"f30(x)": "x"}
    with pytest.raises(ExpressionError, match="is too large; 5000 parts are allowed"):
        parse("f0(close)", let=let)
    with pytest.raises(ExpressionError, match="is too large; 5000 parts are allowed"):
        parse("close * f0(1)", let=let)


def test_long_expansions_have_a_text_that_is_parsed_again() -> None:
    let = {"fast": " + ".join(f"mean(close, {n})" for n in range(101, 181)), "f(x)": "x * fast - fast"}
    node = parse("f(f(close))", let=let)
    assert len(to_text(node)) > 4000
    assert parse(to_text(node)) == node


def test_every_entry_of_the_library_is_read() -> None:
    fields = ("open", "high", "low", "close", "volume")
    for macro in SHARED.values():
        assert macro.parameters is not None
        assert macros_of({macro.signature: macro.text}, "let")[macro.name].parameters == macro.parameters
        assert not set(macro.parameters) & set(fields), macro.name
