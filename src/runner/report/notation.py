"""How numbers are written: by name of the metric, missing ones as a dash."""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from components.contracts.metric import Style
from runner.composition.figures import metrics

DASH = "–"


@dataclass(frozen=True, kw_only=True)
class Notation:
    """How one metric is named and written.

    better: +1 where more is better, -1 where less is, 0 where neither; brief: shown on the terminal too.
    """

    label: str
    style: Style
    better: Literal[-1, 0, 1]
    brief: bool = False


def describe(name: str) -> Notation:
    """How a metric is written; one that nobody knows is written with its own name."""
    known = metrics().get(name)
    if known is None:
        return Notation(label=name.replace("_", " "), style="significant", better=0)
    return Notation(label=known.label, style=known.style, better=known.better, brief=known.brief)


def is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def write(value: Any, style: Style) -> str:
    """A number in its style; a dash where it is missing, NaN or infinite."""
    if not is_number(value):
        return DASH
    if style == "percent":
        return f"{_unsigned_zero(100 * value, 1):.1f} %"
    if style == "fine percent":
        return f"{_unsigned_zero(100 * value, 2):.2f} %"
    if style == "count":
        return count(value)
    if style == "times":
        return f"{value:.1f} x"
    if style == "two decimals":
        return f"{_unsigned_zero(value, 2):.2f}"
    if style == "three decimals":
        return f"{_unsigned_zero(value, 3):.3f}"
    return significant(value)


def significant(value: Any) -> str:
    """Four significant digits, without exponent where that is readable."""
    if not is_number(value):
        return DASH
    if abs(value) < 1e-12:
        return "0"  # what rounding leaves of a zero
    if 1e-4 <= abs(value) < 1e4:
        return f"{value:.4g}"
    return f"{value:,.0f}" if 1e4 <= abs(value) < 1e12 else f"{value:.3e}"


def typeset(text: Any) -> str:
    """A real minus before negative numbers, and no line break before a percent sign."""
    return re.sub(r"(?<=\d) (?=%)", "\u00a0", re.sub(r"(?<![^\s(])-(?=[\d.])", "\u2212", str(text)))


def shortened(text: str) -> str:
    """A setting as it was typed, but a number that nobody typed with four digits."""
    try:
        return text if len(text) <= 8 or "." not in text else significant(float(text))
    except ValueError:
        return text


def threshold(gate: Mapping[str, Any]) -> str:
    """How a gate's value must stand to its threshold: `≤ 0.05 (p-value)`."""
    if not is_number(gate["threshold"]):
        return DASH
    sign = {">=": "≥ ", "<=": "≤ "}.get(gate.get("relation", ""), "")
    of = f" ({gate['statistic']})" if gate.get("statistic") else ""
    return f"{sign}{significant(gate['threshold'])}{of}"


def count(value: Any) -> str:
    return f"{value:,.0f}" if is_number(value) else DASH


def seconds(value: Any) -> str:
    return f"{value:.2f} s" if is_number(value) else DASH


def money(value: Any) -> str:
    return f"{_unsigned_zero(value, 0):,.0f}" if is_number(value) else DASH


def date(value: Any) -> str:
    """A timestamp without its time of day where that is midnight."""
    text = str(value if value is not None else DASH).replace("T", " ")
    day, _, time = text.partition(" ")
    return day if not time.strip("0:.") or time.startswith("00:00:00") else f"{day} {time[:8]}"


def _unsigned_zero(value: float, digits: int) -> float:
    return round(value, digits) + 0.0
