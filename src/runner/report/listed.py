"""Runs as a table that is filtered and sorted, and two of them side by side."""

import operator
import re
import shlex
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from components.errors import AssayError, ConfigError, Problem
from runner.composition.check import nearest
from runner.composition.figures import metrics
from runner.recording.keeping import ARCHIVE, RUNS, Marks
from runner.report.told import told

FIELDS = ("run", "experiment", "started", "state", "level", "forecast", "portfolio", "debug", "tag", "bundle")
"""What runs are filtered and sorted by, beside slots (their choice) and figures (test/r2, sharpe)."""
SPANS = ("backtest", "test", "valid")
"""Where a figure is looked for that is named without its span."""
CONDITION = re.compile(r"(?P<key>[^=!<>\s]+)\s*(?P<sign>>=|<=|!=|=|>|<)\s*(?P<value>.*)")
ORDER: Mapping[str, Callable[[Any, Any], bool]] = {
    ">": operator.gt,
    "<": operator.lt,
    ">=": operator.ge,
    "<=": operator.le,
}
Row = dict[str, Any]


def rows(outputs: Path, known: Mapping[str, Marks], *, archived: bool = False) -> list[Row]:
    """Every run that has a manifest, the newest first: its fields, see `told`, with tags and notes."""
    place = ARCHIVE if archived else RUNS
    found = []
    for path in outputs.glob(f"{place}/*/*/manifest.json"):
        try:
            row = told(path.parent)
        except AssayError:
            continue  # cut off while it was made
        said = known.get(row["run"], Marks())
        found.append({**row, "tags": list(said.tags), "notes": list(said.notes)})
    return sorted(found, key=lambda row: str(row["run"]), reverse=True)


def chosen(found: Sequence[Row], conditions: Sequence[str]) -> list[Row]:
    """The rows of which every condition holds: KEY=VALUE, !=, and for figures <, <=, >, >=.

    Raises ConfigError for a condition that cannot be read, or a key that no run has.
    """
    kept = list(found)
    for text in conditions:
        match = CONDITION.fullmatch(text.strip())
        if match is None:
            hint = "write KEY=VALUE, KEY!=VALUE, KEY>NUMBER or KEY<NUMBER, such as level=candidate"
            raise ConfigError(Problem("--where", f"'{text}' is no condition", hint, code="not_allowed", value=text))
        key, sign, value = match.group("key", "sign", "value")
        _refuse_unknown("--where", key, found, text)
        kept = [row for row in kept if _holds(_value(row, key), sign, value, text)]
    return kept


def ordered(found: Sequence[Row], key: str, *, reverse: bool = False) -> list[Row]:
    """The best first, by a figure; by anything else in the order of the alphabet; those without a value last."""
    _refuse_unknown("--sort", key, found, key)
    metric = metrics().get(key.rpartition("/")[2])
    downwards = (metric is not None and metric.better >= 0) != reverse
    having = [row for row in found if _value(row, key) not in (None, [])]
    rest = [row for row in found if _value(row, key) in (None, [])]
    return [*sorted(having, key=lambda row: _value(row, key), reverse=downwards), *rest]


def value_of(row: Row, key: str) -> Any:
    """The value of a field, of a slot or of a figure, None where the run has none."""
    return _value(row, key)


def _value(row: Row, key: str) -> Any:
    if key == "tag":
        return row["tags"]
    if key in FIELDS:
        return row[key]
    if key in row["choices"]:
        return row["choices"][key]
    figures: Mapping[str, Any] = row["metrics"]
    return next((figures[name] for name in (key, *(f"{span}/{key}" for span in SPANS)) if name in figures), None)


def _holds(found: Any, sign: str, value: str, text: str) -> bool:
    if sign in ("=", "!="):
        same = value in found if isinstance(found, list) else _text(found) == value
        return same == (sign == "=")
    try:
        limit = float(value)
    except ValueError:
        message = f"'{text}' compares with no number"
        raise ConfigError(Problem("--where", message, "such as sharpe>0.5", code="not_allowed", value=text)) from None
    return isinstance(found, int | float) and ORDER[sign](found, limit)


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _refuse_unknown(flag: str, key: str, found: Sequence[Row], written: str) -> None:
    """A key that no run has; where there are no runs, nothing can be said of it. written: all that stands there."""
    known = list(dict.fromkeys(_keys(found)))
    if key in known or not found:
        return
    near = nearest(key, known)
    hint = f"did you mean '{near}'?" if near else f"such as {', '.join(FIELDS)}, sharpe or test/r2"
    fix = (shlex.quote(f"{flag}={written.replace(key, near, 1)}"),) if near else ()
    raise ConfigError(
        Problem(flag, f"no run has '{key}'", hint, code="unknown_key", value=key, allowed=tuple(known), fix=fix)
    )


def _keys(found: Sequence[Row]) -> Iterator[str]:
    yield from FIELDS
    for row in found:
        yield from row["choices"]
        for name in (name for name in row["metrics"] if "_fold_" not in name):
            yield name
            if name.startswith(tuple(f"{span}/" for span in SPANS)):
                yield name.partition("/")[2]


def compared(first: Path, second: Path) -> dict[str, Any]:
    """Plain: both runs in short, the settings in which they differ, gates whose status differs, figures of both.

    settings, gates, metrics: name -> [of the first, of the second], None where one has it not.
    """
    import yaml

    both = [told(folder) for folder in (first, second)]
    configs = [yaml.safe_load((folder / "config.yaml").read_text(encoding="utf-8")) for folder in (first, second)]
    flat = [dict(leaves(config, "")) for config in configs]
    status = [{gate["name"]: gate["status"] for gate in run["gates"]} for run in both]
    short = ("run", "experiment", "state", "level", "passed", "forecast", "portfolio", "no_better_than", "folder")
    figures = [{name: value for name, value in run["metrics"].items() if "_fold_" not in name} for run in both]
    return {
        "runs": [{name: run[name] for name in short} for run in both],
        "settings": _differing(*flat),
        "gates": _differing(*status),
        "metrics": _side_by_side(*figures),
    }


def _differing(first: Mapping[str, Any], second: Mapping[str, Any]) -> dict[str, list[Any]]:
    return {name: pair for name, pair in _side_by_side(first, second).items() if pair[0] != pair[1]}


def _side_by_side(first: Mapping[str, Any], second: Mapping[str, Any]) -> dict[str, list[Any]]:
    return {name: [first.get(name), second.get(name)] for name in dict.fromkeys((*first, *second))}


def leaves(value: Any, path: str) -> Iterator[tuple[str, Any]]:
    """(dotted path, value); a list is one value."""
    if isinstance(value, dict) and value:
        for key, inner in value.items():
            yield from leaves(inner, f"{path}.{key}" if path else str(key))
    else:
        yield path, value
