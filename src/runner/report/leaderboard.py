"""The best tries on every market and target, by what their validation spans say; from the ledger and run folders."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, get_args

from components.contracts.metric import Style
from components.contracts.target import Kind
from components.errors import ConfigError, Problem
from components.statistics.deflation import deflated_ratio, independent_trials
from runner.composition.check import nearest
from runner.composition.figures import figure, leading, metrics
from runner.judging.tries import RETURNS, aligned
from runner.recording.ledger import FamilySummary, Ledger, Series, Trial

VALID, TEST = "valid", "test"
LOOKED = "{name} is a figure of the test spans: ranked by it the first is the luckiest, and choosing it spends them"
Row = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What is listed. market: a symbol or a source, target: part of its text, '' for all; by: a figure, '' for the
    leading one of the target; limit: lines a board."""

    market: str = ""
    target: str = ""
    experiment: str = ""
    level: str = ""
    by: str = ""
    limit: int = 10


@dataclass(frozen=True, kw_only=True)
class Entry:
    """A try. run: newest run folder's id, or the id it had; level: None where no folder says it; value: of the
    figure that is ranked by; valid, test: the same on both spans; deflated: confidence that its Sharpe ratio exceeds
    what the best of all tries on the market would reach by luck, None where its returns are unknown; number: of the
    try."""

    run: str
    experiment: str
    level: str | None
    value: float
    valid: float | None
    test: float | None
    sharpe: float | None
    deflated: float | None
    number: int
    date: str
    who: str
    model: str
    bundle: str | None


@dataclass(frozen=True, kw_only=True)
class Board:
    """One market and target. tries: on the market, whatever they forecast and however they ended; listed: finished ones
    with this figure and target that fit."""

    market: str
    source: str
    first: str
    last: str
    target: str
    by: str
    label: str
    style: Style
    tries: int
    listed: int
    entries: tuple[Entry, ...]

    def content(self) -> dict[str, Any]:
        return {**asdict(self), "entries": [asdict(entry) for entry in self.entries]}


def boards(ledger: Ledger, runs: Sequence[Row], wanted: Wanted) -> list[Board]:
    """One board a market and target, the market with the most tries first. runs: `listed.rows`.

    Raises ConfigError for a figure that nothing can be ranked by.
    """
    by = _known(wanted.by) if wanted.by else ""
    of_key = {str(row["trial"]["key"]): row for row in reversed(runs) if row["trial"].get("key")}
    found = [
        board
        for summary in ledger.families()
        if _is_market(summary, wanted.market)
        for board in _of_market(ledger, summary, of_key, wanted, by)
    ]
    return sorted(found, key=lambda board: (-board.tries, board.market, board.target))


def looks(wanted: Wanted) -> tuple[str, ...]:
    """What must be said where it is ranked by anything but validation."""
    by = _known(wanted.by) if wanted.by else ""
    return (LOOKED.format(name=by),) if by and not by.startswith(f"{VALID}/") else ()


def _known(by: str) -> str:
    """The flat name; one without a span is of the validation spans."""
    name = by if "/" in by else f"{VALID}/{by}"
    read = figure(name)
    if read is None or read.metric.better == 0:
        ranked = [each for each, metric in metrics().items() if metric.better]
        near = nearest(name.rpartition("/")[2], ranked)
        hint = f"did you mean '{VALID}/{near}'?" if near else f"such as {VALID}/r2 or {VALID}/rank_ic"
        raise ConfigError(Problem("--by", f"'{by}' is nothing to rank by", hint, code="not_allowed", value=by))
    return name


def _is_market(summary: FamilySummary, market: str) -> bool:
    return not market or market == summary.family.source or market in summary.family.symbols


def _of_market(
    ledger: Ledger, summary: FamilySummary, of_key: Mapping[str, Row], wanted: Wanted, by: str
) -> Iterator[Board]:
    trials = ledger.trials(summary.family)
    series = ledger.series(trials, RETURNS)
    targets = dict.fromkeys(str(trial.started.get("target", "")) for trial in trials)
    for target in (target for target in targets if wanted.target.lower() in target.lower()):
        own = [trial for trial in trials if str(trial.started.get("target", "")) == target]
        name = by or _leading(own)
        if not name:
            continue
        better = metrics()[name.partition("/")[2]].better
        having = [trial for trial in own if _figure(trial, name) is not None]
        fitting = [trial for trial in having if _fits(trial, _row(trial, of_key), wanted)]
        best = sorted(fitting, key=lambda trial: -better * (_figure(trial, name) or 0.0))[: wanted.limit]
        if best:
            family = summary.family
            yield Board(
                market=_symbols(family.symbols),
                source=family.source,
                first=family.first.isoformat(),
                last=family.last.isoformat(),
                target=target,
                by=name,
                label=metrics()[name.partition("/")[2]].label,
                style=metrics()[name.partition("/")[2]].style,
                tries=summary.trials,
                listed=len(fitting),
                entries=tuple(_entry(trial, _row(trial, of_key), name, series, summary.trials) for trial in best),
            )


def _symbols(symbols: Sequence[str]) -> str:
    more = f" and {len(symbols) - 3:,} more" if len(symbols) > 3 else ""
    return ", ".join(symbols[:3]) + more


def _leading(trials: Sequence[Trial]) -> str:
    """The foremost validation figure that some try of the target has."""
    names = {name.removeprefix(f"{VALID}/") for trial in trials for name in _metrics(trial) if name.startswith(VALID)}
    kinds = reversed(get_args(Kind))  # what leads of directions and returns is given of nothing else
    found = next((lead for kind in kinds if (lead := leading(names, kind))), [])
    return f"{VALID}/{found[0]}" if found else ""


def _row(trial: Trial, of_key: Mapping[str, Row]) -> Row | None:
    return next((of_key[key] for key in reversed(trial.keys) if key in of_key), None)


def _metrics(trial: Trial) -> Mapping[str, Any]:
    found: Mapping[str, Any] = trial.outcome.get("metrics", {})
    return found if trial.state == "finished" else {}


def _figure(trial: Trial, name: str) -> float | None:
    value = _metrics(trial).get(name)
    return float(value) if isinstance(value, int | float) and math.isfinite(value) else None


def _fits(trial: Trial, row: Row | None, wanted: Wanted) -> bool:
    level = row["level"] if row else None
    return (not wanted.experiment or trial.started.get("experiment") == wanted.experiment) and (
        not wanted.level or level == wanted.level
    )


def _entry(trial: Trial, row: Row | None, name: str, series: Mapping[str, Series], tries: int) -> Entry:
    actor = trial.actor
    model = trial.started.get("choices", {}).get("model", "")
    return Entry(
        run=str(row["run"] if row else trial.started.get("run_id", "")),
        experiment=str(trial.started.get("experiment", "")),
        level=row["level"] if row else None,
        value=_figure(trial, name) or 0.0,
        valid=_figure(trial, f"{VALID}/{name.partition('/')[2]}"),
        test=_figure(trial, f"{TEST}/{name.partition('/')[2]}"),
        sharpe=_figure(trial, "backtest/sharpe"),
        deflated=_deflated(trial, series, tries),
        number=trial.number,
        date=trial.started_at[:10],
        who=f"{actor['kind']}:{actor['name']}" if actor else "",
        model=str(model),
        bundle=row["bundle"] if row else None,
    )


def _deflated(trial: Trial, series: Mapping[str, Series], tries: int) -> float | None:
    """Against all tries on the market; those that share too few of its bars, or left nothing, count as one each."""
    if trial.key not in series:
        return None
    _, returns_TK, keys = aligned(series, trial.key)
    if not len(keys):
        return None
    independent = independent_trials(returns_TK, max(tries - len(keys), 0))
    confidence = deflated_ratio(returns_TK[:, keys.index(trial.key)], independent).confidence
    return confidence if math.isfinite(confidence) else None
