"""Structure that runs against time: later values, backward recursions, reversed rows."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from components.leaks.examined import MIN_ROWS, Block, Signal
from components.leaks.series import correlations, p_values, shifted
from components.values import Float

Mask = np.typing.NDArray[np.bool_]

WITHIN_ROWS = 30
"""How far a later row may be to be recognised by its value."""

EXPLAINED = 1e-3
"""What a recursion may leave of a column's innovation."""

REVERSED_FLOOR = 0.5


def later_value_signals(block: Block, base: str, names: tuple[str, ...]) -> Iterator[Signal]:
    """Columns whose values stand in the base some rows later and not before: extremes and period ends."""
    p_T = block.columns[base]
    column_NT = block.matrix(names)
    earlier_NT = np.zeros(column_NT.shape, dtype=bool)
    later_NT = np.zeros(column_NT.shape, dtype=bool)
    tolerance_NT = 2e-7 * np.abs(column_NT)
    for k in range(-WITHIN_ROWS, WITHIN_ROWS + 1):
        same_NT = np.abs(column_NT - shifted(p_T, k)) <= tolerance_NT
        if k <= 0:
            earlier_NT |= same_NT
        else:
            later_NT |= same_NT
    known_N = np.isfinite(column_NT).sum(axis=1)
    ahead_N = (later_NT & ~earlier_NT).sum(axis=1)
    behind_N = (earlier_NT & ~later_NT).sum(axis=1)
    for i, name in enumerate(names):
        distinct = len(np.unique(column_NT[i][np.isfinite(column_NT[i])]))
        if ahead_N[i] >= 0.5 * known_N[i] and ahead_N[i] >= 2.5 * behind_N[i] and distinct >= 20:
            share = ahead_N[i] / known_N[i]
            yield Signal(
                column=name,
                kind="value of a later row",
                evidence=f"{share:.0%} of its values stand in {base} up to {WITHIN_ROWS} rows later and in none before",
            )


def recursion_signals(block: Block, bases: Sequence[str], names: tuple[str, ...]) -> Iterator[Signal]:
    """Columns with x[t] = a x[t+1] + b y[t] + c, 0 < a < 1, for some y, while x[t-1] does not serve."""
    inputs = tuple(dict.fromkeys([*bases, *names]))
    among = _Inputs(values_IT=block.matrix(inputs))
    for name in names:
        x_T = block.columns[name]
        found = _backward_input(x_T, among, inputs.index(name))
        if found is not None:
            i, decay, backward, forward = found
            yield Signal(
                column=name,
                kind="time-reversed recursion",
                evidence=f"{name}[t] = {decay:.3f} {name}[t+1] + b {inputs[i]}[t] + c leaves {backward:.1e} of the "
                f"variance of its steps unexplained; run forwards, the same recursion leaves {forward:.2f}",
            )


@dataclass(kw_only=True, eq=False)
class _Inputs:
    """Inputs of a recursion; those without gaps share the rows, whose centred values are kept from one to the next."""

    values_IT: Float
    _rows: bytes = b""
    _centred_IR: Float = field(default_factory=lambda: np.empty((0, 0)))

    @cached_property
    def known_IT(self) -> Mask:
        return np.isfinite(self.values_IT)

    def centred(self, usable_I: Mask, rows_T: Mask) -> Float:
        """(I, R) of those that are usable, on those rows."""
        rows = usable_I.tobytes() + rows_T.tobytes()
        if rows != self._rows:
            z_IR = self.values_IT[usable_I][:, rows_T]
            self._rows, self._centred_IR = rows, z_IR - z_IR.mean(axis=1, keepdims=True)
        return self._centred_IR


def _backward_input(x_T: Float, among: _Inputs, own: int) -> tuple[int, float, float, float] | None:
    """(input, decay, unexplained share backwards, unexplained share forwards) of the best input."""
    after_T, before_T = shifted(x_T, 1), shifted(x_T, -1)
    rows_T = np.isfinite(x_T) & np.isfinite(after_T) & np.isfinite(before_T)
    usable_I = among.known_IT[:, rows_T].mean(axis=1) > 0.98 if rows_T.any() else np.zeros(len(among.known_IT), bool)
    rows_T &= among.known_IT[usable_I].all(axis=0)
    if rows_T.sum() < MIN_ROWS or not usable_I.any():
        return None
    z_IR = among.centred(usable_I, rows_T)
    place_I = np.flatnonzero(usable_I)
    backward_I, decay_I = _unexplained(x_T[rows_T], after_T[rows_T], z_IR)
    backward_I[place_I == own] = 1.0
    best = int(backward_I.argmin())
    if backward_I[best] > EXPLAINED or not 0.02 < decay_I[best] < 0.9995:
        return None
    forward = float(_unexplained(x_T[rows_T], before_T[rows_T], z_IR[[best]])[0][0])
    if forward < 100 * backward_I[best]:
        return None
    return int(place_I[best]), float(decay_I[best]), float(backward_I[best]), forward


def _unexplained(x_R: Float, neighbour_R: Float, z_IR: Float) -> tuple[Float, Float]:
    """(I,) share of the part of x that its neighbour does not explain which z, of mean 0, leaves, and the weight a."""
    neighbour_R, x_R = neighbour_R - neighbour_R.mean(), x_R - x_R.mean()
    energy = float(neighbour_R @ neighbour_R)
    nothing = np.ones(len(z_IR)), np.zeros(len(z_IR))
    if energy <= 0:
        return nothing
    on_x, on_z_I = float(neighbour_R @ x_R) / energy, z_IR @ neighbour_R / energy
    left_R = x_R - on_x * neighbour_R
    own, square_I = float(left_R @ left_R), np.einsum("ir,ir->i", z_IR, z_IR)
    # What is left within rounding of single-precision files carries no information.
    if own <= 1e-13 * float(x_R @ x_R):
        return nothing
    energy_I = square_I - on_z_I**2 * energy
    own_I = energy_I > 1e-13 * square_I
    b_I = np.where(own_I, z_IR @ left_R / np.where(own_I, energy_I, 1.0), 0.0)
    return np.maximum(own - b_I**2 * energy_I, 0.0) / own, on_x - b_I * on_z_I


def reversed_signals(block: Block, base: str, names: tuple[str, ...], level: float) -> Iterator[Signal]:
    """Columns that move with the base once their rows are read from last to first.

    level: p-value below which a correlation is held to be no chance, adjusted by the caller.
    """
    if not names:
        return
    moves_T = block.innovations[base]
    backward_NT = np.array([block.reversed_innovations[name] for name in names])
    offsets = range(-3, 4)
    r_KN, n_KN = correlations(np.array([shifted(moves_T, k) for k in offsets]), backward_NT)
    forward_r, _ = correlations(moves_T[None], np.array([block.innovations[name] for name in names]))
    strong_KN = (np.abs(r_KN) >= REVERSED_FLOOR) & (p_values(r_KN, n_KN) < level)
    flagged = [i for i in range(len(names)) if strong_KN[:, i].any()]
    for i in flagged:
        r = max(r_KN[:, i], key=lambda value: abs(np.nan_to_num(value)))
        yield Signal(
            column=names[i],
            kind="reverse row order",
            evidence=f"read from last row to first its moves correlate {r:+.2f} with those of {base} "
            f"(as they stand: {forward_r[0, i]:+.2f}), so that early rows carry the last rows' values",
        )
    yield from _companions(block, names, flagged, level)


def _companions(block: Block, names: tuple[str, ...], flagged: list[int], level: float) -> Iterator[Signal]:
    """Columns that move row by row with columns in reverse order are in reverse order, too."""
    if not flagged:
        return
    moves_NT = np.array([block.innovations[name] for name in names])
    r_NN, n_NN = correlations(moves_NT, moves_NT)
    tied_NN = (np.abs(np.nan_to_num(r_NN)) >= REVERSED_FLOOR) & (p_values(r_NN, n_NN) < level)
    via: dict[int, int] = {i: i for i in flagged}
    edge = list(flagged)
    while edge:
        here = edge.pop(0)
        for i in np.flatnonzero(tied_NN[here]):
            if int(i) not in via:
                via[int(i)] = here
                edge.append(int(i))
                yield Signal(
                    column=names[int(i)],
                    kind="reverse row order",
                    evidence=f"its moves correlate {r_NN[here, i]:+.2f} row by row with those of {names[here]}, "
                    "which is in reverse row order",
                    strength=0.9,
                )
