"""Identities: columns that equal, to rounding, what only later rows can tell."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from components.leaks.examined import MIN_ROWS, Block, Signal
from components.leaks.series import correlations, filled_forward, residual, shifted
from components.values import Float

STEPS = (*range(1, 31), 42, 63, 126, 252)
ROUNDING = 1e-3
"""Share of variance that an identity may leave unexplained: rounding, not noise."""

NOVELTY = 0.01
"""The same, as a share of what the past leaves unexplained: a smooth series is foretold by its past."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Form:
    """A series that needs rows after its own. steps: how many; values_T: (..., T), for each series it was made of."""

    formula: str
    steps: int
    centred: bool
    values_T: Float


def exact_signals(block: Block, base: str, names: tuple[str, ...]) -> Iterator[Signal]:
    """Columns that are an affine function of a transform of later values of the base."""
    p_T = block.columns[base]
    forms = list(future_forms(p_T, base))
    form_KT = np.array([form.values_T for form in forms])
    column_NT = block.matrix(names)
    with np.errstate(divide="ignore", invalid="ignore"):
        relative_NT = column_NT / p_T if np.nanmin(p_T) > 0 else column_NT - p_T
    past_TP = _past(p_T)
    # A column may be the transform itself, or lie around the price as a moving average does.
    plain = correlations(form_KT, column_NT)
    around = correlations(form_KT, np.where(np.isfinite(relative_NT), relative_NT, np.nan))
    for i, name in enumerate(names):
        for r_KN, n_KN in (plain, around):
            k = _best(r_KN[:, i], n_KN[:, i])
            if k is None or not _is_news(forms[k], float(r_KN[k, i]), past_TP):
                continue
            yield Signal(
                column=name,
                kind="centred window" if forms[k].centred else "exact algebra",
                evidence=f"equals {forms[k].formula} up to scale and rounding (R² {r_KN[k, i] ** 2:.6f}, "
                f"{int(n_KN[k, i])} rows)",
            )
            break


def future_forms(p_T: Float, name: str, furthest: int = STEPS[-1]) -> Iterator[Form]:
    """What people compute from later values of p (..., T): returns, ratios, signs, means and deviations.

    Several series at once are all positive, or none is.
    """
    positive = float(np.nanmin(p_T)) > 0
    steps = [k for k in STEPS if k < p_T.shape[-1] // 3 and k <= furthest]
    with np.errstate(divide="ignore", invalid="ignore"):
        for k in steps:
            later_T = shifted(p_T, k)
            yield _form(f"{name}[t+{k}]", k, later_T)
            yield _form(f"{name}[t+{k}] - {name}[t]", k, later_T - p_T)
            yield _form(f"sign({name}[t+{k}] - {name}[t])", k, np.sign(later_T - p_T))
            if positive:
                yield _form(f"{name}[t+{k}] / {name}[t] - 1", k, later_T / p_T)
                yield _form(f"{name}[t] / {name}[t+{k}] - 1", k, p_T / later_T)
                yield _form(f"log({name}[t+{k}] / {name}[t])", k, np.log(later_T / p_T))
        yield from _windows(p_T, name, steps, positive)


def _windows(p_T: Float, name: str, steps: list[int], positive: bool) -> Iterator[Form]:
    change_T = np.log(p_T / shifted(p_T, -1)) if positive else p_T
    label = f"changes of {name}" if positive else name
    for k in steps:
        centred_T = _mean(p_T, -k, k)
        ahead_T = _mean(p_T, 1, k)
        spread_T = _spread(change_T, 1, k)
        yield _form(f"mean({name}[t-{k}..t+{k}])", k, centred_T, centred=True)
        yield _form(f"mean({name}[t-{k}..t+{k}]) around {name}[t]", k, _around(centred_T, p_T, positive), centred=True)
        around_T = p_T - centred_T
        centred_spread_T = _spread(p_T, -k, k)
        yield _form(f"z-score of {name}[t] within {name}[t-{k}..t+{k}]", k, around_T / centred_spread_T, centred=True)
        if k > 1:
            yield _form(f"mean({name}[t+1..t+{k}])", k, ahead_T)
            yield _form(f"mean({name}[t..t+{k}]) around {name}[t]", k, _around(_mean(p_T, 0, k), p_T, positive))
            yield _form(f"mean({name}[t+1..t+{k}]) around {name}[t]", k, _around(ahead_T, p_T, positive))
            yield _form(f"std of the {label}[t+1..t+{k}]", k, spread_T)
            yield _form(f"log of the std of the {label}[t+1..t+{k}]", k, np.log(spread_T))


def _form(formula: str, steps: int, values_T: Float, *, centred: bool = False) -> Form:
    finite_T = np.where(np.isfinite(values_T), values_T, np.nan)
    return Form(formula=formula, steps=steps, centred=centred, values_T=finite_T)


def _around(mean_T: Float, p_T: Float, positive: bool) -> Float:
    return mean_T / p_T if positive else mean_T - p_T


def _mean(values_T: Float, first: int, last: int) -> Float:
    """Mean of rows t + first .. t + last; NaN where one of them is missing or beyond the ends."""
    n = last - first + 1
    known_T = np.isfinite(values_T)
    centre = _level(values_T, known_T)
    before = [(0, 0)] * (values_T.ndim - 1) + [(1, 0)]
    sums = np.pad(np.cumsum(np.where(known_T, values_T - centre, 0.0), axis=-1), before)
    gaps = np.pad(np.cumsum(~known_T, axis=-1), before)
    trailing_T = np.full(values_T.shape, np.nan)
    whole_T = gaps[..., n:] == gaps[..., :-n]
    trailing_T[..., n - 1 :] = np.where(whole_T, (sums[..., n:] - sums[..., :-n]) / n + centre, np.nan)
    return shifted(trailing_T, last)


def _level(values_T: Float, known_T: np.typing.NDArray[np.bool_]) -> Float:
    """(..., 1) mean of what is known; 0 where nothing is."""
    total = np.where(known_T, values_T, 0.0).sum(axis=-1, keepdims=True)
    return np.asarray(total / np.maximum(known_T.sum(axis=-1, keepdims=True), 1))


def _spread(values_T: Float, first: int, last: int) -> Float:
    """Standard deviation of rows t + first .. t + last; NaN where it is 0 or a row is missing."""
    values_T = values_T - _level(values_T, np.isfinite(values_T))
    variance_T = _mean(values_T**2, first, last) - _mean(values_T, first, last) ** 2
    return np.sqrt(np.where(variance_T > 0, variance_T, np.nan))


def _best(r_K: Float, n_K: Float) -> int | None:
    unexplained_K = np.where((n_K >= MIN_ROWS / 2) & np.isfinite(r_K), 1 - r_K**2, np.inf)
    k = int(unexplained_K.argmin())
    return k if unexplained_K[k] < ROUNDING else None


def _past(p_T: Float) -> Float:
    """(T, P) level and last eleven changes of the base, standardised."""
    level_T = filled_forward(p_T)
    change_T = level_T - shifted(level_T, -1)
    past_TP = np.column_stack([level_T, *(shifted(change_T, -lag) for lag in range(11))])
    return np.asarray((past_TP - np.nanmean(past_TP, axis=0)) / np.maximum(np.nanstd(past_TP, axis=0), 1e-300))


def _is_news(form: Form, r: float, past_TP: Float) -> bool:
    """Whether the column knows far more of the form than the base's own past does."""
    finite_T = form.values_T[np.isfinite(form.values_T)]
    if np.mean(finite_T == np.median(finite_T)) > 0.98:
        return False
    left_T = residual(form.values_T, past_TP)
    unexplained = float(np.nanvar(left_T) / np.var(finite_T)) if np.isfinite(left_T).any() else 0.0
    return 1 - r**2 < NOVELTY * unexplained
