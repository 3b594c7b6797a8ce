"""The expression language: a small Python-like language over the fields of a panel.

    parse("mean(close, 20) / close - 1")   text to an immutable tree, never evaluated as Python
    reach(node)                            exactly which bars it reads, known without computing it
    evaluate({"mom": node}, panel)         its values on a panel

Names in an expression are fields of the panel, calendar fields (`day_of_week`, see calendar.py) and the user's
definitions; calls are operators (operators.py), the user's definitions with parameters, and the library's
(library.py). `cs_rank(x, sector)` compares within groups; `weekly(x)` computes on bars of a week (timeframes.py).

Parsing and analysing need no numba; the engine is imported when it is first used.
"""

from typing import TYPE_CHECKING, Any

from components.expressions.analysis import Reach, reach, shift, to_text
from components.expressions.operators import OPERATORS
from components.expressions.parser import parse
from components.expressions.tree import Call, ExpressionError, Field, Node, Number, fields_of

if TYPE_CHECKING:
    from components.expressions.engine import evaluate

__all__ = [
    "OPERATORS",
    "Call",
    "ExpressionError",
    "Field",
    "Node",
    "Number",
    "Reach",
    "evaluate",
    "fields_of",
    "parse",
    "reach",
    "shift",
    "to_text",
]


def __getattr__(name: str) -> Any:
    if name != "evaluate":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from components.expressions.engine import evaluate

    return evaluate
