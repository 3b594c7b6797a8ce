"""Text to tree and back; what is refused, in which words."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from components.errors import ConfigError
from components.expressions import (
    OPERATORS,
    Call,
    ExpressionError,
    Field,
    Node,
    Number,
    fields_of,
    parse,
    to_text,
)

FIELDS = ["close", "high", "volume"]


def _nodes(children: st.SearchStrategy[Node]) -> st.SearchStrategy[Node]:
    def applied(name: str) -> st.SearchStrategy[Node]:
        operator = OPERATORS[name]
        series = [children] * len(operator.series)
        if operator.kind == "elementwise" and len(series) == 2:
            series[1] = _NUMBERS if name == "**" else children | _NUMBERS
        constants = [
            st.integers(max(int(max(c.low, -9)), -9), 9 if c.whole else 1).map(lambda n: Number(float(n)))
            for c in operator.constants
        ]
        return st.tuples(*series, *constants).map(lambda args: Call(name, args))

    names = sorted(name for name, operator in OPERATORS.items() if operator.kind != "frame")
    return st.sampled_from(names).flatmap(applied)


_NUMBERS = st.floats(allow_nan=False, allow_infinity=False).map(lambda v: Number(v + 0.0))
NODES = st.recursive(st.sampled_from(FIELDS).map(Field), _nodes, max_leaves=12)


@settings(max_examples=300, deadline=None)
@given(NODES)
def test_text_and_tree_are_one_to_one(node: Node) -> None:
    assert parse(to_text(node), fields=FIELDS) == node


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("ref( close,5 )/close", "ref(close, 5) / close"),
        ("close - (high - volume)", "close - (high - volume)"),
        ("(close - high) - volume", "close - high - volume"),
        ("-close ** 2", "-close ** 2"),
        ("(-close) ** 2", "(-close) ** 2"),
        ("close ** -0.5", "close ** -0.5"),
        ("close - -3", "close - -3"),
        ("+close", "close"),
        ("mean(close, 2 * 5)", "mean(close, 10)"),
        ("close * (1 / 4)", "close * 0.25"),
        ("1e-12 + close", "1e-12 + close"),
        ("close > 1 and high > 1 and not volume", "close > 1 and high > 1 and not volume"),
        ("(close and high) > 1", "(close and high) > 1"),
        ("close\n  + high\n", "close + high"),
        ("weekly(close)", "weekly(close, 7)"),
        ("monthly(mean(close, 3), 23)", "monthly(mean(close, 3), 23)"),
        ("cs_rank(close, high)", "cs_rank(close, high)"),
        ("day_of_week == 0", "day_of_week == 0"),
    ],
)
def test_canonical_text(text: str, canonical: str) -> None:
    assert to_text(parse(text)) == canonical
    assert parse(canonical) == parse(text)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("ref(close", "\"ref(close\" is not a valid expression: '(' was never closed (column 4)"),
        ("meen(close, 3)", "unknown operator 'meen' at column 1; did you mean 'mean'?"),
        (
            "mean(clsoe, 3)",
            "unknown field 'clsoe' at column 6; did you mean 'close'? fields: close, high, volume",
        ),
        ("close + zzz", "unknown field 'zzz' at column 9; fields: close, high, volume"),
        ("mean / close", "operator 'mean' at column 1 needs arguments: mean(x, w)"),
        ("mean(close)", "'mean' at column 1 takes 2 arguments, got 1; write mean(x, w)"),
        ("log(close, 2)", "'log' at column 1 takes 1 argument, got 2; write log(x)"),
        (
            "mean(close, 2.5)",
            "'w' of mean(x, w) must be a whole number of bars from 1 to 100000, got 2.5 at column 13",
        ),
        (
            "std(close, 1)",
            "'w' of std(x, w) must be a whole number of bars from 2 to 100000, got 1 at column 12",
        ),
        (
            "mean(close, high)",
            "'w' of mean(x, w) must be a whole number of bars from 1 to 100000, got high at column 13",
        ),
        (
            "ref(close, -100001)",
            "'n' of ref(x, n) must be a whole number of bars from -100000 to 100000, got -100001 at column 12",
        ),
        ("quantile(close, 5, 2)", "'q' of quantile(x, w, q) must be a number from 0 to 1, got 2 at column 20"),
        ("clip(close, low, 1)", "unknown field 'low' at column 13; fields: close, high, volume"),
        ("close.x", "'close.x' at column 1 is not part of the language"),
        ("close[0]", "'close[0]' at column 1 is not part of the language"),
        ("'close'", "''close'' at column 1 is not part of the language"),
        (
            "close if high else 1",
            "'close if high else 1' at column 1 is not part of the language; write where(condition, x, y)",
        ),
        ("1 < close < 2", "'1 < close < 2' at column 1 is not part of the language; write a < b and b < c"),
        (
            "close // 2",
            "'close // 2' at column 1 is not part of the language; operators: + - * / **, comparisons, and, or, not",
        ),
        (
            "mean(close, w=3)",
            "'mean(close, w=3)' at column 1 is not part of the language; arguments are given by position, "
            "as in mean(close, 20)",
        ),
        ("close ** high", "the exponent of ** at column 1 must be a constant; write power(x, y)"),
        ("close * 9 ** 9 ** 9", "the constant at column 9 is not a finite number"),
        ("close + 1 / 0", "the constant at column 9 is not a finite number"),
        ("mean(3, 5)", "'x' of mean(x, w) at column 1 must read a field"),
        ("corr(close, 1, 5)", "'y' of corr(x, y, w) at column 1 must read a field"),
        ("cs_rank(2)", "'x' of cs_rank(x[, group]) at column 1 must read a field"),
        ("cs_rank()", "'cs_rank' at column 1 takes 1 or 2 arguments, got 0; write cs_rank(x[, group])"),
        ("cs_rank(close, 3)", "'group' of cs_rank(x[, group]) at column 1 must read a field"),
        (
            "mean(close, 2 * 1.25)",
            "'w' of mean(x, w) must be a whole number of bars from 1 to 100000, got 2 * 1.25 = 2.5 at column 13",
        ),
        (
            "weekly(close, 0)",
            "'bars' of weekly(x[, bars]) must be a whole number of bars from 1 to 100000, got 0 at column 15",
        ),
        ("weekly(daily(close) + 1)", "'weekly' at column 1 stands around another timeframe; use one of them"),
        ("weekly(ref(close, -1))", "'x' of weekly(x[, bars]) at column 1 looks ahead; put ref around it"),
        ("2 * 3", '"2 * 3" reads no field'),
        ("  ", "the expression is empty"),
        ("close # now", "unexpected character '#' at column 7"),
        ("clöse", "unexpected character '\\xf6' at column 3"),
        ("close; high", '"close; high" is not a valid expression: invalid syntax (column 6)'),
        ("True", "'True' at column 1 is not part of the language"),
        ("x" * 100_001, "the expression has 100001 characters, 100000 are allowed; name its parts with let"),
    ],
)
def test_refusal(text: str, message: str) -> None:
    with pytest.raises(ExpressionError) as caught:
        parse(text, fields=FIELDS, where="features.mom")
    assert str(caught.value) == f"features.mom: {message}"
    assert isinstance(caught.value, ConfigError)


@pytest.mark.parametrize("number", [5, None, ["close"]])
def test_what_is_no_text(number: object) -> None:
    with pytest.raises(ExpressionError, match="an expression must be a text, got"):
        parse(number)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "text",
    [
        "(" * 1900 + "close" + ")" * 1900,
        "-" * 3900 + "close",
        "not " * 900 + "close",
        "close" + " ** 2" * 700,
        "abs(" * 150 + "close" + ")" * 150,
        "close + " * 480 + "close",
        "close + " * 12_000 + "close",
        "(" * 90_000 + "close",
        "-" * 90_000 + "close",
        "f(" * 40_000 + "close",
        "9" * 3999,
        "lambda: " * 400 + "close",
        "[" * 3000,
        "close" + "[0]" * 1000,
        "close\0",
        "__import__('os').system('true')",
        "().__class__.__bases__",
        "[x for x in (1,)]",
        "f'{close}'",
        "close := 3",
        "await close",
        "*close",
        "mean(*close)",
        "log(**close)",
        "1j * close",
        "... + close",
        "0xfg + close",
        "1or close",
        "close @ high",
        "~close",
        "close is high",
        "close in high",
        "\ud800",
    ],
)
def test_hostile_text_is_refused_in_one_line(text: str) -> None:
    with pytest.raises(ExpressionError) as caught:
        parse(text, where="features.evil")
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 250


@settings(max_examples=300, deadline=None)
@given(st.text(st.sampled_from("closehigmean()+-*/<>=!,.0123456789 e'\"[]{}:\\\n\t%#&|^~@"), max_size=60))
def test_any_text_is_parsed_or_refused(text: str) -> None:
    try:
        node = parse(text)
    except ExpressionError as error:
        assert "\n" not in str(error)  # noqa: PT017
    else:
        assert parse(to_text(node)) == node


def test_let_names_parts() -> None:
    let = {"range": "high - low", "scaled": "range / mean(range, w)", "w": "20"}
    assert parse("scaled + 1", let=let) == parse("(high - low) / mean(high - low, 20) + 1")


@pytest.mark.parametrize(
    ("let", "message"),
    [
        ({"a": "b + close", "b": "a"}, "f: let a: let b: the definition of 'a' uses itself: a -> b -> a"),
        ({"a": "clse"}, "f: let a: unknown field 'clse' at column 1; did you mean 'close'? fields: close"),
        ({"a": "close", "close": "a"}, "f: let a: the definition 'close' has the name of a field; choose another name"),
        (
            {f"{c}": f"{d} * {d}" for c, d in zip("abcdefghijklmnop", "bcdefghijklmnopq", strict=True)}
            | {"q": "close"},
            "is too large; 5000 parts are allowed",
        ),
    ],
)
def test_let_refusals(let: dict[str, str], message: str) -> None:
    with pytest.raises(ExpressionError) as caught:
        parse("a + 1", fields=["close"], let=let, where="f")
    assert message in str(caught.value)


def test_trees_are_values() -> None:
    a, b = parse("corr(close, log(volume + 1), 20)"), parse("corr(close,log(volume+1),20)")
    assert a == b
    assert hash(a) == hash(b)
    assert fields_of(a) == {"close", "volume"}
    with pytest.raises(AttributeError):
        a.operator = "cov"  # type: ignore[union-attr, misc]


def test_long_chains_of_definitions_are_refused() -> None:
    let = {f"a{n}": f"log(a{n + 1})" for n in range(500)} | {"a500": "close"}
    with pytest.raises(ExpressionError, match="is nested too deeply; 100 levels are allowed"):
        parse("a0", let=let)


def test_leading_blanks() -> None:
    assert parse("  \n close") == parse("close")


def test_calendar_fields_are_known_without_data() -> None:
    assert fields_of(parse("where(month == 1, close, day_of_week)", fields=FIELDS)) == {"close"}
    with pytest.raises(ExpressionError) as caught:
        parse("close + month", fields=[*FIELDS, "month"], where="f")
    assert str(caught.value) == (
        "f: 'month' at column 9 is a calendar field and a field of the data; rename the latter"
    )
