"""Two runs side by side, as tables."""

from collections.abc import Mapping
from typing import Any

from runner.report import notation
from runner.report.tables import Row, Table

VERDICT = ("state", "level", "forecast", "portfolio", "no_better_than")
SHOWN = ("test/", "backtest/")


def tables(found: Mapping[str, Any]) -> tuple[Table, ...]:
    """Verdicts, settings and gates that differ, and the figures that either is judged by."""
    first, second = found["runs"]
    names = (first["run"], second["run"])
    verdicts = {name: [first[name], second[name]] for name in VERDICT}
    parts = {"Verdict": verdicts, "Settings that differ": found["settings"], "Gates that differ": found["gates"]}
    return (*(_table(title, names, pairs) for title, pairs in parts.items()), _figures(names, found["metrics"]))


def _table(title: str, names: tuple[str, str], pairs: Mapping[str, Any]) -> Table:
    rows = [Row(label=name, cells=tuple(_cell(value) for value in pair)) for name, pair in pairs.items()]
    return Table(header=(title, *names), rows=tuple(rows))


def _figures(names: tuple[str, str], pairs: Mapping[str, Any]) -> Table:
    rows = []
    for name, pair in pairs.items():
        span, _, metric = name.partition("/")
        if not name.startswith(SHOWN) or "/" in metric or not notation.describe(metric).brief:
            continue
        known = notation.describe(metric)
        cells = tuple(notation.write(value, known.style) for value in pair)
        rows.append(Row(label=f"{known.label}, {span}", cells=cells))
    return Table(header=("Figure", *names), rows=tuple(rows))


def _cell(value: Any) -> str:
    if value is None:
        return notation.DASH
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return text if len(text) <= 40 else f"{text[:37]}..."
