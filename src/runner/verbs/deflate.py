"""The verb `deflate`: what is left of a Sharpe ratio after chance and the tries it took."""

import argparse
import json
import math
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from components.errors import ConfigError, DataError
from components.statistics.deflation import Deflated, deflated_ratio, independent_trials
from components.statistics.overfitting import backtest_overfitting
from components.statistics.sharpe import (
    SharpeSample,
    deflated_sharpe,
    expected_maximum,
    minimum_track_record,
    probabilistic_sharpe,
    sharpe_sample,
    standard_error,
)
from components.values import Float
from runner.verbs.returns_table import Record, load_matrix, load_record

CONFIDENCE = 0.95
TWO_SIDED_95 = 1.959963984540054
BLOCKS = 16
DESCRIPTION = """\
Says how much a Sharpe ratio is worth: how sure one can be of it, and what is left of it once one
counts how many tries it took. RETURNS.csv holds simple returns per period (0.01 is 1 %), with or
without a column of dates.
"""
EPILOG = """\
The returns must be net of costs and in excess of cash, and --trials must count everything that
was tried on the data, also what was thrown away: no formula can know of tries that are not told.
With --trials alone the tries are taken to be independent and worthless, with the dispersion of
Sharpe ratios that chance gives (1 / T per period); with --matrix (one column of returns per try)
both are measured. DSR (2014) is the published ratio: number of tries and dispersion as they are.
DSR (strict) takes what the correlated tries are worth together, the dispersion that chance alone
gives, and allows for serial correlation of the returns; the other figures do not.

PSR conventions: 2012, Bailey & Lopez de Prado, standard error at the observed Sharpe ratio over T
- 1; 2025, Lopez de Prado, Lipton & Zoonekynd, standard error at the hypothesised one over T.
"""


@dataclass(frozen=True, kw_only=True)
class Figure:
    """name: key of --json; shown: the value as text; says: one sentence for everyone."""

    name: str
    label: str
    value: float
    shown: str
    says: str


@dataclass(frozen=True, kw_only=True)
class Tries:
    """What the tries amount to. trials: as told or as columns; effective: independent ones they are worth;
    variance: of their Sharpe ratios per period; strict: the ratio against the best of the effective ones with the
    variance under the null; pbo, loss: probabilities of overfitting and of a loss, None without their returns."""

    trials: int
    effective: float
    variance: float
    because: str
    strict: Deflated | None = None
    pbo: float | None = None
    loss: float | None = None


def main(arguments: Sequence[str]) -> int:
    """Prints the figures; 0, or raises DataError or ConfigError with one line."""
    options = _parser().parse_args(arguments)
    _check(options)
    record = load_record(options.returns, column=options.column, periods=options.periods_per_year)
    sample = sharpe_sample(record.returns_T)
    if math.isnan(sample.sharpe):
        raise DataError(f"{options.returns}: column '{record.column}' does not vary; a Sharpe ratio needs risk")
    tries = _tries(options, sample, record.returns_T)
    shown = figures(sample, record.periods, tries)
    if options.json:
        print(json.dumps(_content(options.returns, record, sample, tries, shown), indent=2))
    else:
        _show(options.returns, record, sample, tries, shown)
    return 0


def measured_tries(matrix_TK: Float, returns_T: Float) -> Tries:
    """Effective number, dispersion and overfitting of K tries with T joint returns each."""
    sharpes_K = np.array([sharpe_sample(column_T).sharpe for column_T in matrix_TK.T])
    overfitting = backtest_overfitting(matrix_TK, n_blocks=min(BLOCKS, len(matrix_TK) // 4 * 2))
    effective = independent_trials(matrix_TK)
    return Tries(
        trials=matrix_TK.shape[1],
        effective=effective,
        variance=float(np.var(sharpes_K, ddof=1)),
        because="measured from the matrix",
        strict=deflated_ratio(returns_T, effective),
        pbo=overfitting.probability,
        loss=overfitting.loss_probability,
    )


def figures(sample: SharpeSample, periods: float, tries: Tries | None) -> list[Figure]:
    """Every figure with its sentence; annualised by the square root of the periods per year."""
    year = math.sqrt(periods)
    error = standard_error(sample, sample.sharpe)
    low, high = ((sample.sharpe + side * TWO_SIDED_95 * error) * year for side in (-1, 1))
    psr_2012, psr_2025 = (probabilistic_sharpe(sample, 0.0, how) for how in ("observed", "hypothesised"))
    needed = minimum_track_record(sample, 0.0, CONFIDENCE)
    annual = sample.sharpe * year
    return [
        Figure(
            name="sharpe",
            label="Sharpe, a year",
            value=annual,
            shown=f"{annual:.2f}",
            says="Reward per unit of risk, as it was measured; luck included.",
        ),
        Figure(name="sharpe_low", label="  from", value=low, shown=f"{low:.2f}", says=_interval_says(low, high)),
        Figure(name="sharpe_high", label="  to", value=high, shown=f"{high:.2f}", says="Upper end of that range."),
        Figure(
            name="psr_2012",
            label="PSR (2012)",
            value=psr_2012,
            shown=_percent(psr_2012),
            says=f"Chance-adjusted confidence that the true ratio is above zero, for one single try{_enough(psr_2012)}",
        ),
        Figure(
            name="psr_2025",
            label="PSR (2025)",
            value=psr_2025,
            shown=_percent(psr_2025),
            says="The same by the newer convention: how rarely a worthless strategy looks no better.",
        ),
        Figure(
            name="min_trl",
            label="MinTRL, periods",
            value=needed,
            shown=f"{needed:,.0f}" if math.isfinite(needed) else "never",
            says=_record_says(needed, sample.n, periods),
        ),
        *(_deflated(sample, year, tries) if tries else ()),
    ]


def _deflated(sample: SharpeSample, year: float, tries: Tries) -> Iterator[Figure]:
    luck = math.sqrt(tries.variance) * expected_maximum(tries.trials)
    dsr = deflated_sharpe(sample, trials_variance=tries.variance, n_trials=tries.trials)
    yield Figure(
        name="expected_maximum",
        label="Luck's best, a year",
        value=luck * year,
        shown=f"{luck * year:.2f}",
        says="The Sharpe ratio that the best of so many worthless tries, as dispersed as these, shows on average.",
    )
    yield Figure(
        name="dsr",
        label="DSR (2014)",
        value=dsr,
        shown=_percent(dsr),
        says=f"Confidence that the true ratio is above luck's best, as published: every try counts{_enough(dsr)}",
    )
    yield Figure(
        name="effective_trials",
        label="Independent tries",
        value=tries.effective,
        shown=f"{tries.effective:.1f}",
        says=f"What the {tries.trials:,} tries are worth: variants of one idea count as little more than one.",
    )
    if tries.strict is not None:
        confidence = tries.strict.confidence
        hurdle = f"{tries.strict.hurdle * year:.2f}"
        yield Figure(
            name="dsr_strict",
            label="DSR (strict)",
            value=confidence,
            shown=_percent(confidence),
            says=f"The same against the best of the independent ones by chance alone, {hurdle} a year, as "
            f"the strict gates do{_enough(confidence)}",
        )
    if tries.pbo is not None and tries.loss is not None:
        says = "How often the best try of one half of history is in the lower half of the tries in the other; 50 % is"
        yield Figure(name="pbo", label="PBO", value=tries.pbo, shown=_percent(tries.pbo), says=f"{says} blind choice.")
        says = "How often the best try of one half of history loses money in the other."
        yield Figure(name="loss", label="Loss elsewhere", value=tries.loss, shown=_percent(tries.loss), says=says)


def _interval_says(low: float, high: float) -> str:
    if low > 0:
        return "The true ratio lies between these two with 95 % confidence; zero is outside."
    if high < 0:
        return "The true ratio lies between these two with 95 % confidence: it loses."
    return "The true ratio lies between these two with 95 % confidence: it may well be zero."


def _enough(confidence: float) -> str:
    return "." if confidence >= CONFIDENCE else "; 95 % is what one asks for."


def _record_says(needed: float, n: int, periods: float) -> str:
    if not math.isfinite(needed):
        return "No record is long enough: the measured ratio is not above zero."
    years = f"{needed / periods:.1f} years"
    if needed <= n:
        return f"Periods needed to be 95 % sure that it is above zero ({years}); the {n:,} at hand suffice."
    return f"Periods needed to be 95 % sure that it is above zero ({years}); the {n:,} at hand are too few."


def _percent(probability: float) -> str:
    if 0.9995 <= probability < 1:
        return "> 99.9 %"
    if 0 < probability < 0.0005:
        return "< 0.1 %"
    return f"{probability:.1%}".replace("%", " %")


def _tries(options: argparse.Namespace, sample: SharpeSample, returns_T: Float) -> Tries | None:
    if options.matrix is not None:
        return measured_tries(load_matrix(options.matrix), returns_T)
    if options.trials is None:
        return None
    chance = standard_error(sample, 0.0, "hypothesised") ** 2
    because = "taken to be independent and worthless"
    told = float(options.trials)
    strict = deflated_ratio(returns_T, told)
    return Tries(trials=options.trials, effective=told, variance=chance, because=because, strict=strict)


def _check(options: argparse.Namespace) -> None:
    if options.trials is not None and options.trials < 1:
        raise ConfigError(f"--trials {options.trials}: must be at least 1; count every configuration that was tried")
    if options.periods_per_year is not None and not 0 < options.periods_per_year < math.inf:
        raise ConfigError(f"--periods-per-year {options.periods_per_year}: must be above 0, for example 252, 52 or 12")


def _content(
    path: Path, record: Record, sample: SharpeSample, tries: Tries | None, shown: Sequence[Figure]
) -> dict[str, Any]:
    """What --json prints; a figure that is not finite is null."""
    return {
        "table": str(path),
        "column": record.column,
        "returns": sample.n,
        "missing": record.dropped,
        "periods_per_year": record.periods,
        "periods_because": record.because,
        "skew": sample.skew,
        "kurtosis": sample.kurtosis,
        "tries": asdict(tries) if tries else None,
        "figures": {f.name: f.value if math.isfinite(f.value) else None for f in shown},
        "says": {f.name: f.says for f in shown},
    }


def _show(path: Path, record: Record, sample: SharpeSample, tries: Tries | None, shown: Sequence[Figure]) -> None:
    from runner.verbs.plain_output import PlainOutput

    out = PlainOutput()
    missing = f", {record.dropped:,} missing" if record.dropped else ""
    out.text(
        f"{path}, column {record.column}: {sample.n:,} returns{missing}, {record.periods:.1f} a year "
        f"({record.because}); skew {sample.skew:.2f}, kurtosis {sample.kurtosis:.1f} (normal: 0 and 3)."
    )
    if tries:
        out.text(f"Tries: {tries.trials:,}, {tries.because}.")
    out.text("")
    out.table(("figure", "value", "in words"), [(f.label, f.shown, f.says) for f in shown], right=(1,))
    if not tries:
        out.text("")
        out.text("One single try is assumed. If more was tried on this data, say --trials N or --matrix FILE.")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m runner deflate",
        description=DESCRIPTION,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("returns", type=Path, metavar="RETURNS.csv", help="CSV or Parquet with simple returns per period")
    add("--column", metavar="NAME", help="the column of returns, where there are several")
    tries = parser.add_mutually_exclusive_group()
    tries.add_argument("--trials", type=int, metavar="N", help="how many configurations were tried, all counted")
    tries.add_argument("--matrix", type=Path, metavar="FILE", help="returns of every try, one column each, by time")
    add("--periods-per-year", type=float, metavar="P", help="default: from the dates, else 252")
    add("--json", action="store_true", help="print the figures as JSON")
    return parser
