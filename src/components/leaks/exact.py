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
    """A series that needs rows after its own. steps: how many."""

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


def future_forms(p_T: Float, name: str) -> Iterator[Form]:
    """What people compute from later values of p: returns, ratios, signs, means and deviations."""
    positive = float(np.nanmin(p_T)) > 0
    with np.errstate(divide="ignore", invalid="ignore"):
        for k in (k for k in STEPS if k < len(p_T) // 3):
            later_T = shifted(p_T, k)
            yield _form(f"{name}[t+{k}]", k, later_T)
            yield _form(f"{name}[t+{k}] - {name}[t]", k, later_T - p_T)
            yield _form(f"sign({name}[t+{k}] - {name}[t])", k, np.sign(later_T - p_T))
            if positive:
                yield _form(f"{name}[t+{k}] / {name}[t] - 1", k, later_T / p_T)
                yield _form(f"{name}[t] / {name}[t+{k}] - 1", k, p_T / later_T)
                yield _form(f"log({name}[t+{k}] / {name}[t])", k, np.log(later_T / p_T))
        yield from _windows(p_T, name, positive)


def _windows(p_T: Float, name: str, positive: bool) -> Iterator[Form]:
    change_T = np.log(p_T / shifted(p_T, -1)) if positive else p_T
    label = f"changes of {name}" if positive else name
    for k in (k for k in STEPS if k < len(p_T) // 3):
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
    centre = np.nanmean(values_T) if np.isfinite(values_T).any() else 0.0
    sums = np.cumsum(np.concatenate([[0.0], np.nan_to_num(values_T - centre)]))
    gaps = np.cumsum(np.concatenate([[0], ~np.isfinite(values_T)]))
    trailing_T = np.full(len(values_T), np.nan)
    trailing_T[n - 1 :] = np.where(gaps[n:] == gaps[:-n], (sums[n:] - sums[:-n]) / n + centre, np.nan)
    return shifted(trailing_T, last)


def _spread(values_T: Float, first: int, last: int) -> Float:
    """Standard deviation of rows t + first .. t + last; NaN where it is 0 or a row is missing."""
    values_T = values_T - (np.nanmean(values_T) if np.isfinite(values_T).any() else 0.0)
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
