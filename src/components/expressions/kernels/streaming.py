"""One new bar of some symbols: a program of operations over the values that each symbol carries.

A value of the program keeps its last `depth` bars in the state of a symbol, as a stretch of 2 x depth numbers
that is written in order and moved to its front when it is full: the last bars always lie side by side. So an
operation along time is the batch's own kernel, called on exactly the bars of its window, and has the same bits.

Shape legend: P operations, V values, S symbols, N symbols with a new bar, Q parameters, C results.
"""

import numpy as np

from components.expressions.kernels import (
    Float,
    Int,
    exponential,
    extremes,
    helper,
    moments,
    order,
    regression,
    run_start,
)

ONE_SERIES = (
    *("moments.mean", "moments.sum_", "moments.var", "moments.skew", "moments.kurt", "moments.mad"),
    *("extremes.max_", "extremes.argmax", "extremes.bars_since", "order.rank", "exponential.ema"),
    *("regression.slope", "regression.rsquare", "regression.resid", "regression.wma"),
)
TWO_SERIES = ("regression.cov", "regression.corr", "regression.beta")
SCALARS = (
    *("+", "-", "*", "/", "neg", "sqrt", "abs", "sign", "maximum", "minimum"),
    *("<", "<=", ">", ">=", "==", "!=", "and", "or"),
    *("not", "where", "clip", "square", "ref"),
)
_NAMES = (*ONE_SERIES, *TWO_SERIES, "order.quantiles", *SCALARS)
OPCODES = {name: number for number, name in enumerate(_NAMES)}
"""Kernel or operator -> number; what is not here is computed outside of the program."""

MEAN, SUM, VAR, SKEW, KURT, MAD, MAX, ARGMAX, BARS_SINCE, RANK, EMA, SLOPE, RSQUARE, RESID, WMA = range(15)
COV, CORR, BETA, QUANTILES = range(15, 19)
PLUS, MINUS, TIMES, DIVIDED, NEG, SQRT, ABS, SIGN, MAXIMUM, MINIMUM = range(19, 29)
LESS, LESS_EQUAL, GREATER, GREATER_EQUAL, EQUAL, NOT_EQUAL, AND, OR = range(29, 37)
NOT, WHERE, CLIP, SQUARE, REF = range(37, 42)

skew, kurt, mad = helper(moments.skew), helper(moments.kurt), helper(moments.mad)
max_, argmax, bars_since = helper(extremes.max_), helper(extremes.argmax), helper(extremes.bars_since)
slope, rsquare, resid = helper(regression.slope), helper(regression.rsquare), helper(regression.resid)
wma, cov, corr, beta = helper(regression.wma), helper(regression.cov), helper(regression.corr), helper(regression.beta)
rank, quantiles, ema = helper(order.rank), helper(order.quantiles), helper(exponential.ema)


@helper
def place(base: int, depth: int, count: int) -> int:
    """Where the value of the bar number `count` stands in the state of its symbol."""
    return base if depth == 1 else base + depth + count % depth


def begin(base_V: Int, depth_V: Int, state_SV: Float, counts_S: Int, codes_N: Int, inputs_IN: Float) -> None:
    """Makes room for one bar more and writes its inputs, which are the first values of the program."""
    for n in range(len(codes_N)):
        state, count = state_SV[codes_N[n]], counts_S[codes_N[n]]
        for v in range(len(base_V)):
            depth, base = depth_V[v], base_V[v]
            if depth > 1 and count % depth == 0:
                state[base : base + depth] = state[base + depth : base + 2 * depth]
        for i in range(len(inputs_IN)):
            state[place(base_V[i], depth_V[i], count)] = inputs_IN[i, n]


def run(
    program_PI: Int,
    params_Q: Float,
    base_V: Int,
    depth_V: Int,
    longest: int,
    state_SV: Float,
    counts_S: Int,
    codes_N: Int,
) -> None:
    """The operations in order, symbol by symbol; a row of the program is
    (opcode, first output, x, y, z, bars, first parameter, outputs)."""
    offsets, firsts = np.zeros(2, np.int64), np.zeros(1, np.int64)
    scratch, several = np.empty(longest), np.empty((1, 1))
    for n in range(len(codes_N)):
        state, count = state_SV[codes_N[n]], counts_S[codes_N[n]]
        for p in range(len(program_PI)):
            opcode, out, w = program_PI[p, 0], program_PI[p, 1], program_PI[p, 5]
            x, param = program_PI[p, 2], program_PI[p, 6]
            at = place(base_V[x], depth_V[x], count)
            if opcode >= PLUS:
                y, z = program_PI[p, 3], program_PI[p, 4]
                result = scalar(
                    opcode,
                    state[at - w],
                    state[place(base_V[y], depth_V[y], count)],
                    state[place(base_V[z], depth_V[z], count)],
                )
                state[place(base_V[out], depth_V[out], count)] = result
                continue
            offsets[1], firsts[0] = w, count + 1 - w
            xs = state[at - w + 1 : at + 1]
            if opcode == QUANTILES:
                if several.shape[0] != program_PI[p, 7] or several.shape[1] != w:
                    several = np.empty((program_PI[p, 7], w))
                quantiles(xs, offsets, w, params_Q[param : param + program_PI[p, 7]], several)
                for q in range(program_PI[p, 7]):
                    state[place(base_V[out + q], depth_V[out + q], count)] = several[q, w - 1]
                continue
            y = program_PI[p, 3]
            other = place(base_V[y], depth_V[y], count)
            if opcode < COV:
                single(opcode, xs, offsets, firsts, w, params_Q[param], scratch[:w])
            else:
                pair(opcode, xs, state[other - w + 1 : other + 1], offsets, firsts, w, scratch[:w])
            state[place(base_V[out], depth_V[out], count)] = scratch[w - 1]


@helper
def single(opcode: int, x: Float, offsets: Int, firsts: Int, w: int, param: float, out: Float) -> None:
    """A kernel along one series."""
    if opcode <= VAR:
        out[w - 1] = moment(opcode, x, run_start(firsts[0], w), w)
    elif opcode == SKEW:
        skew(x, offsets, firsts, w, out)
    elif opcode == KURT:
        kurt(x, offsets, firsts, w, out)
    elif opcode == MAD:
        mad(x, offsets, w, out)
    elif opcode == MAX:
        max_(x, offsets, firsts, w, out)
    elif opcode == ARGMAX:
        argmax(x, offsets, firsts, w, out)
    elif opcode == BARS_SINCE:
        bars_since(x, offsets, w, out)
    elif opcode == RANK:
        rank(x, offsets, w, out)
    elif opcode == EMA:
        ema(x, offsets, firsts, int(param), w, out)
    elif opcode == SLOPE:
        slope(x, offsets, firsts, w, out)
    elif opcode == RSQUARE:
        rsquare(x, offsets, firsts, w, out)
    elif opcode == RESID:
        resid(x, offsets, firsts, w, out)
    else:
        wma(x, offsets, firsts, w, out)


@helper
def moment(opcode: int, x: Float, b: int, w: int) -> float:
    """Mean, sum or variance of the one window x, with the run that begins at b, adding up as `moments` does.

    A program has so many of them that computing the windows before the last one, too, would take half its time.
    """
    before = before_square = after = after_square = 0.0
    for k in range(1, b + 1):
        z = x[b - k] - x[b]
        before += z
        before_square += z * z
    for k in range(1, w - b):
        z = x[b + k] - x[b]
        after += z
        after_square += z * z
    total = before + after
    if opcode == MEAN:
        return float(x[b] + total / w)
    if opcode == SUM:
        return float(w * x[b] + total)
    spread = before_square + after_square - total * total / w
    return 0.0 if spread < 0.0 else spread / (w - 1)


@helper
def pair(opcode: int, x: Float, y: Float, offsets: Int, firsts: Int, w: int, out: Float) -> None:
    """A kernel along two series."""
    if opcode == COV:
        cov(x, y, offsets, firsts, w, out)
    elif opcode == CORR:
        corr(x, y, offsets, firsts, w, out)
    else:
        beta(x, y, offsets, firsts, w, out)


@helper
def scalar(opcode: int, x: float, y: float, z: float) -> float:
    """An operation on the values of one bar that every machine rounds alike; NaN as in the batch."""
    if opcode < LESS:
        return arithmetic(opcode, x, y)
    if opcode < NOT:
        return comparison(opcode, x, y)
    if opcode == NOT:
        return np.nan if x != x else (1.0 if x == 0.0 else 0.0)
    if opcode == WHERE:
        return np.nan if x != x else (y if x != 0.0 else z)
    if opcode == CLIP:
        return greater(lesser(x, z), y)
    return x * x if opcode == SQUARE else x


@helper
def arithmetic(opcode: int, x: float, y: float) -> float:
    """Sums, products, signs and the like."""
    if opcode == PLUS:
        return x + y
    if opcode == MINUS:
        return x - y
    if opcode == TIMES:
        return x * y
    if opcode == DIVIDED:
        return x / y
    if opcode == NEG:
        return -x
    if opcode == SQRT:
        return float(np.sqrt(x))
    if opcode == ABS:
        return abs(x)
    if opcode == SIGN:
        return float(np.sign(x))
    return greater(x, y) if opcode == MAXIMUM else lesser(x, y)


@helper
def comparison(opcode: int, x: float, y: float) -> float:
    """1 where it is true, 0 where it is not, NaN where a value is missing."""
    if x != x or y != y:
        return np.nan
    if opcode == LESS:
        true = x < y
    elif opcode == LESS_EQUAL:
        true = x <= y
    elif opcode == GREATER:
        true = x > y
    elif opcode == GREATER_EQUAL:
        true = x >= y
    elif opcode == EQUAL:
        true = x == y
    elif opcode == NOT_EQUAL:
        true = x != y
    elif opcode == AND:
        true = x != 0.0 and y != 0.0
    else:
        true = x != 0.0 or y != 0.0
    return 1.0 if true else 0.0


@helper
def greater(x: float, y: float) -> float:
    """The greater of two values; NaN if one of them is."""
    return x if x >= y or x != x else y


@helper
def lesser(x: float, y: float) -> float:
    """The smaller of two values; NaN if one of them is."""
    return x if x <= y or x != x else y


def finish(
    base_V: Int, depth_V: Int, state_SV: Float, counts_S: Int, codes_N: Int, roots_C: Int, out_CN: Float
) -> None:
    """Reads the results and counts the bar."""
    for n in range(len(codes_N)):
        s = codes_N[n]
        for c in range(len(roots_C)):
            out_CN[c, n] = state_SV[s, place(base_V[roots_C[c]], depth_V[roots_C[c]], counts_S[s])]
        counts_S[s] += 1
