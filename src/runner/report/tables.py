"""The tables of a run, as text: shown by the report and by the terminal alike."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from components.contracts.metric import SPANS
from runner.composition import figures
from runner.report import notation
from runner.report.notation import Notation

PER_FOLD = re.compile(r"^test/(?:(?P<baseline>[^/]+)/)?(?P<metric>\w+)_fold_(?P<fold>\d+)$")
OUTPUT = "output"
"""Second part of the flat names of figures about outputs that are not decided on."""


@dataclass(frozen=True, kw_only=True)
class Row:
    """best: position of the best of the compared cells, or None where there is no comparison."""

    label: str
    cells: tuple[str, ...]
    best: int | None = None


@dataclass(frozen=True, kw_only=True)
class Table:
    """header: one word per column, the first one for the labels of the rows."""

    header: tuple[str, ...]
    rows: tuple[Row, ...]


def baselines(metrics: Mapping[str, float | None]) -> tuple[str, ...]:
    """Names of the baselines that were scored on the test spans, in order."""
    scored = (name.split("/") for name in metrics if name.startswith("test/"))
    return tuple(dict.fromkeys(parts[1] for parts in scored if len(parts) == 3))


@dataclass(frozen=True, kw_only=True)
class Card:
    """One key figure with what it has to be compared with."""

    label: str
    value: str
    beside: str


def cards(metrics: Mapping[str, float | None], kind: str, *, has_portfolio: bool = True) -> tuple[Card, ...]:
    """The few figures to look at first: forecast beside the best baseline, portfolio beside benchmark."""
    shown = []
    scored = [name for name in figures.metrics() if notation.is_number(metrics.get(f"test/{name}"))]
    for leading in figures.leading(scored, kind)[:1]:
        known = notation.describe(leading)
        value = notation.write(metrics[f"test/{leading}"], known.style)
        shown.append(Card(label=f"{known.label}, test", value=value, beside=_best_rival(metrics, leading)))
    if not has_portfolio:
        return tuple(shown)
    for name in ("sharpe", "cagr", "max_drawdown"):
        known = notation.describe(name)
        value = notation.write(metrics.get(f"backtest/{name}"), known.style)
        benchmark = notation.write(metrics.get(f"benchmark/{name}"), known.style)
        shown.append(Card(label=known.label, value=value, beside=f"benchmark {benchmark}"))
    cost = notation.write(metrics.get("backtest/cost_annual"), "fine percent")
    turnover = notation.write(metrics.get("backtest/turnover_annual"), "times")
    shown.append(Card(label="Costs per year", value=cost, beside=f"turnover {turnover} equity"))
    return tuple(shown)


def _best_rival(metrics: Mapping[str, float | None], name: str) -> str:
    known = notation.describe(name)
    scores = {who: metrics.get(f"test/{who}/{name}") for who in baselines(metrics)}
    scored = {who: value for who, value in scores.items() if value is not None and notation.is_number(value)}
    if not scored:
        return "no baseline scored"
    best = max(scored, key=lambda who: known.better * scored[who])
    return f"best baseline {notation.write(scored[best], known.style)} ({best})"


def forecast_table(metrics: Mapping[str, float | None]) -> Table:
    """Test scores of the model beside those of every baseline, and the model's validation scores."""
    rivals = baselines(metrics)
    prefixes = ["test/", *(f"test/{name}/" for name in rivals)]
    names = _ordered(_plain_names(metrics, prefixes))
    has_valid = any(f"valid/{name}" in metrics for name in names)
    rows = []
    for name in names:
        compared = [metrics.get(prefix + name) for prefix in prefixes]
        rows.append(_row(name, compared, [metrics.get(f"valid/{name}")] if has_valid else []))
    header = ("Test spans", "model", *rivals, *(["model, validation"] if has_valid else []))
    return Table(header=header, rows=tuple(rows))


def outputs_table(metrics: Mapping[str, float | None]) -> Table:
    """Test scores of the model's outputs that are not decided on: other quantiles, other targets."""
    parts = [key.split("/") for key in metrics if key.startswith(f"test/{OUTPUT}/")]
    outputs = tuple(dict.fromkeys(output for _, _, output, _ in parts))
    rows = []
    for name in _ordered({name for *_, name in parts}):
        rows.append(_row(name, [], [metrics.get(f"test/{OUTPUT}/{output}/{name}") for output in outputs]))
    return Table(header=("Other outputs, test spans", *outputs), rows=tuple(rows))


def portfolio_table(metrics: Mapping[str, float | None]) -> Table:
    """The portfolio beside its benchmark, and under worse assumptions where those were tried."""
    prefixes = ["backtest/", "benchmark/"]
    spans = dict.fromkeys(key.partition("/")[0] for key in metrics)
    scenarios = [span for span in spans if span not in SPANS]
    names = _ordered(_plain_names(metrics, prefixes))
    rows = []
    for name in names:
        compared = [metrics.get(prefix + name) for prefix in prefixes]
        rows.append(_row(name, compared, [metrics.get(f"{worse}/{name}") for worse in scenarios]))
    header = ("After costs", "portfolio", "benchmark", *(name.replace("_", " ") for name in scenarios))
    return Table(header=header, rows=tuple(rows))


def gated(verdict: Mapping[str, Any]) -> str:
    """The metric that a gate asks of every fold, required ones first; empty where none does."""
    asked = sorted(verdict["gates"], key=lambda gate: not gate["required"])
    folds = (PER_FOLD.match(figure) for gate in asked for figure in gate.get("figures", ()))
    return next((found["metric"] for found in folds if found), "")


def fold_scores(
    metrics: Mapping[str, float | None], kind: str, gated: str = ""
) -> tuple[str, dict[str, dict[int, float]]]:
    """The name of the gated metric, or else of the leading one, and who -> fold -> score for the model ('model') and
    each baseline."""
    scores: dict[str, dict[str, dict[int, float]]] = {}
    for key, value in metrics.items():
        match = PER_FOLD.match(key)
        if match and value is not None and notation.is_number(value):
            by_who = scores.setdefault(match["metric"], {"model": {}})
            by_who.setdefault(match["baseline"] or "model", {})[int(match["fold"])] = value
    leading = gated if gated in scores else next(iter([*figures.leading(scores, kind), *scores]), "")
    return leading, scores.get(leading, {})


def fold_table(
    metrics: Mapping[str, float | None], folds: Sequence[Mapping[str, Any]], kind: str, gated: str = ""
) -> Table:
    """The gated metric, or else the leading one, on every fold's test span, for the model and every baseline; with
    several paths, of the folds that the judged one goes through."""
    leading, scores = fold_scores(metrics, kind, gated)
    known = notation.describe(leading) if leading else None
    several = len({path for fold in folds for path in fold.get("paths", ())}) > 1
    rows = []
    for fold in folds:
        compared = [by_fold.get(fold["number"]) for by_fold in scores.values()]
        if several and not any(notation.is_number(value) for value in compared):
            continue
        written = [notation.write(value, known.style) for value in compared] if known else []
        best = _best(known, compared) if known else None
        rows.append(Row(label=f"{fold['number']}: {_span(fold['test'])}", cells=tuple(written), best=best))
    return Table(header=(f"{known.label} by fold" if known else "Fold", *scores), rows=tuple(rows))


def split_table(folds: Sequence[Mapping[str, Any]]) -> Table:
    """Spans of every fold, the rows in them, and the rows that were purged at their seams; the symbols tested, where
    some are held out."""
    held_out = any(fold.get("test_symbols") for fold in folds)
    header = ("Fold", "train", "rows", "validation", "rows", "test", "rows", "purged")
    rows = []
    for fold in folds:
        pairs = [(_span(fold[s]), notation.count(fold[f"n_{s}"])) for s in ("train", "valid", "test")]
        purged = notation.count(fold["purged_train"] + fold["purged_valid"])
        symbols = (", ".join(fold["test_symbols"]),) if held_out else ()
        cells = (*(cell for pair in pairs for cell in pair), purged, *symbols)
        rows.append(Row(label=str(fold["number"]), cells=cells))
    return Table(header=(*header, "tested symbols") if held_out else header, rows=tuple(rows))


def _span(span: Sequence[Sequence[Any]]) -> str:
    return ", ".join(f"{notation.date(begin)} to {notation.date(end)}" for begin, end in span)


def costs(equity: Any, trades: Any) -> dict[str, Any]:
    """What became of the gross profit, as plain values, in currency.

    start: equity at the start; parts: (label, amount) of `profit_parts`; n_trades: fills; n_closed: of these at a
    delisting; traded: notional; paid: costs that fall on fills.
    """
    return {
        "start": float(equity["equity"].iloc[0]),
        "parts": profit_parts(equity),
        "n_trades": len(trades),
        "n_closed": int(equity["delisted"].sum()) if "delisted" in equity else 0,
        "traded": float(trades["notional"].abs().sum()) if len(trades) else 0.0,
        "paid": sum(float(trades[name].sum()) for name in trades if str(name).startswith("cost_")),
    }


def cost_table(costs: Mapping[str, Any]) -> Table:
    """Currency and share of the starting equity: gross profit, every cost, interest, net profit; of what `costs`
    gives."""
    rows = [
        Row(label=label, cells=(notation.money(amount), notation.write(amount / costs["start"], "percent")))
        for label, amount in costs["parts"]
    ]
    per_traded = f"{1e4 * costs['paid'] / costs['traded']:.2f} bps" if costs["traded"] else notation.DASH
    rows.append(Row(label="Trades", cells=(notation.count(costs["n_trades"]), "")))
    if costs["n_closed"]:
        rows.append(Row(label="Closed at a delisting", cells=(notation.count(costs["n_closed"]), "")))
    rows.append(Row(label="Cost per traded notional", cells=(per_traded, "")))
    return Table(header=("From gross to net", "currency", "of starting equity"), rows=tuple(rows))


def profit_parts(equity: Any) -> list[tuple[str, float]]:
    """Gross profit, minus each cost, plus interest, and the net profit that they add up to."""
    sums = {name: float(equity[name].sum()) for name in equity if str(name).startswith("cost_")}
    costs = {name: paid for name, paid in sums.items() if paid}
    interest = float(equity["interest"].sum()) if "interest" in equity else 0.0
    earned = [("Interest on cash", interest)] if interest else []
    net = float(equity["equity"].iloc[-1] - equity["equity"].iloc[0])
    gross = net + sum(costs.values()) - interest
    named = [(name.removeprefix("cost_").replace("_", " ").capitalize(), -paid) for name, paid in costs.items()]
    return [("Gross profit", gross), *named, *earned, ("Net profit", net)]


def _plain_names(metrics: Mapping[str, float | None], prefixes: Sequence[str]) -> set[str]:
    names = {key[len(p) :] for p in prefixes for key in metrics if key.startswith(p)}
    return {name for name in names if "/" not in name and not re.search(r"_fold_\d+$", name)}


def _ordered(names: set[str]) -> list[str]:
    known = figures.metrics()
    return [name for name in known if name in names] + sorted(names - known.keys())


def _row(name: str, compared: Sequence[float | None], further: Sequence[float | None]) -> Row:
    known = notation.describe(name)
    cells = tuple(notation.write(value, known.style) for value in (*compared, *further))
    return Row(label=known.label, cells=cells, best=_best(known, compared))


def _best(known: Notation, values: Sequence[float | None]) -> int | None:
    scored = [(known.better * v, -i) for i, v in enumerate(values) if v is not None and notation.is_number(v)]
    return -max(scored)[1] if known.better and len(scored) > 1 else None
