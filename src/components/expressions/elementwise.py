"""Operators on the values of one bar: array in, array out, as `operator(*arguments, out)`.

An argument is an array (N,) float64 or a number, at least one of them an array. Results go to `out` (N,)
float64.
"""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

Float = npt.NDArray[np.float64]
Value = Float | float
Elementwise = Callable[..., None]


def from_ufunc(ufunc: np.ufunc) -> Elementwise:
    """A ufunc that carries NaN from any argument to its result."""

    def apply(*arguments_and_out: Value) -> None:
        ufunc(*arguments_and_out[:-1], out=arguments_and_out[-1])

    return apply


def from_predicate(ufunc: np.ufunc) -> Elementwise:
    """A ufunc with a truth value: 1.0 or 0.0, NaN where an argument is NaN."""

    def apply(*arguments_and_out: Value) -> None:
        *arguments, out = arguments_and_out
        assert isinstance(out, np.ndarray)
        np.copyto(out, ufunc(*arguments))
        for argument in arguments:
            np.copyto(out, np.nan, where=np.isnan(argument))

    return apply


def power(base: Value, exponent: Value, out: Float) -> None:
    """base ** exponent; squares and roots are exact, as a product and a root are."""
    if isinstance(exponent, float) and exponent == 2.0:
        np.multiply(base, base, out=out)
    elif isinstance(exponent, float) and exponent == 0.5:
        np.sqrt(base, out=out)
    else:
        np.power(base, exponent, out=out)
        # 1 ** NaN and NaN ** 0 are 1 to the C library; here what is missing stays missing.
        for argument in (base, exponent):
            np.copyto(out, np.nan, where=np.isnan(argument))


def clip(x: Value, low: float, high: float, out: Float) -> None:
    """x limited to [low, high]."""
    np.minimum(x, high, out=out)
    np.maximum(out, low, out=out)


def where(condition: Value, then: Value, otherwise: Value, out: Float) -> None:
    """then where condition is not 0, else otherwise; NaN where condition is NaN.

    The value that is not chosen may be missing.
    """
    np.copyto(out, np.where(condition, then, otherwise))
    np.copyto(out, np.nan, where=np.isnan(condition))
