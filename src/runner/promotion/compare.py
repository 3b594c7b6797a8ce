"""Two versions side by side, on what both recorded out of sample."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from components.errors import DataError
from components.statistics.comparison import predictive_accuracy, sharpe_difference
from components.statistics.forecast import loss
from components.statistics.newey_west import MeanTest
from components.statistics.sharpe import sharpe_ratio
from components.values import Int
from runner.bundle.layout import EVIDENCE, GATES, MANIFEST, PROMOTION, read_verified
from runner.promotion.evidence import Kept
from runner.report import notation, tables
from runner.report.promotion import overruled
from runner.storage.canonical import finite_or_null

if TYPE_CHECKING:
    from runner.console import Console

SHOWN = ("test/", "backtest/", "vault/", "vault_backtest/")
LEVEL = 0.05


def compare(first: Path, second: Path) -> dict[str, Any]:
    """Plain: the two versions, figures that both have, gates that differ, and the two tests.

    forecasts: a Diebold-Mariano test on common rows, where both forecast the same target; returns: a test of the
    difference of the Sharpe ratios on common bars (Ledoit & Wolf 2008). Either is None with a reason where it
    cannot be made. Raises DataError where a bundle is damaged.
    """
    contents = [_content(folder) for folder in (first, second)]
    own, other = Kept.read(first), Kept.read(second)
    recipes = [content["manifest"]["recipe"] for content in contents]
    found: dict[str, Any] = finite_or_null(
        {
            "versions": [_version(content) for content in contents],
            "metrics": _side_by_side([content["promotion"]["metrics"] for content in contents]),
            "gates": _gates([content["gates"]["gates"] for content in contents]),
            "forecasts": _forecasts(own, other, recipes),
            "returns": _returns(own, other, float(recipes[0]["bars_per_year"])),
        }
    )
    return found


def _content(folder: Path) -> dict[str, Any]:
    files = read_verified(folder)
    if PROMOTION not in files or EVIDENCE not in files:
        raise DataError(f"{folder}: holds no out-of-sample record to compare on; promote its run again")
    names = {"manifest": MANIFEST, "gates": GATES, "promotion": PROMOTION}
    return {name: json.loads(files[file]) for name, file in names.items()}


def _version(content: Mapping[str, Any]) -> dict[str, Any]:
    manifest, promotion = content["manifest"], content["promotion"]
    run, vault = manifest["run"], promotion["vault"]
    return {
        "reference": f"{manifest['name']}@{manifest['version']}",
        "run_id": run["run_id"],
        "level": content["gates"]["level"],
        "passed": content["gates"]["passed"],
        "override": promotion["override"],
        "trial": run["trial"]["number"],
        "family_trials": run["trial"]["family_trials"],
        "vault_reused": vault["reused"] if vault else None,
        "data": [run["data"]["first"], run["data"]["last"]],
    }


def _side_by_side(both: list[Mapping[str, Any]]) -> dict[str, list[float | None]]:
    names = [name for name in both[0] if name.startswith(SHOWN) and "_fold_" not in name and name.count("/") == 1]
    return {name: [both[0][name], both[1][name]] for name in names if name in both[1]}


def _gates(both: list[list[Mapping[str, Any]]]) -> dict[str, list[str]]:
    """name -> status in the first and in the second, of the gates that differ."""
    first, second = ({gate["name"]: gate for gate in gates} for gates in both)
    names = [*first, *(name for name in second if name not in first)]
    stated = {name: [_status(first.get(name)), _status(second.get(name))] for name in names}
    return {name: pair for name, pair in stated.items() if pair[0] != pair[1]}


def _status(gate: Mapping[str, Any] | None) -> str:
    if gate is None:
        return "absent"
    return str(gate["status"]) + ("" if gate["required"] else " (advisory)")


def _forecasts(first: Kept, second: Kept, recipes: list[Mapping[str, Any]]) -> dict[str, Any]:
    if recipes[0]["target"] != recipes[1]["target"]:
        return {"reason": "They forecast different targets."}
    rows, other = _common(first, second)
    if len(rows) == 0:
        return {"reason": "They have no forecast of the same symbol and time."}
    kind, target_M = recipes[0]["kind"], first.target_M[rows]
    losses = [loss(kind, target_M, forecast_M) for forecast_M in (first.forecast_M[rows], second.forecast_M[other])]
    test = predictive_accuracy(
        losses[0], losses[1], first.timestamps_M[rows], horizon_bars=int(recipes[0]["horizon_bars"])
    )
    return {
        "loss": "logistic" if kind == "direction" else "squared",
        "rows": len(rows),
        "mean_loss": [float(np.nanmean(loss_M)) for loss_M in losses],
        **_tested(test),
    }


def _common(first: Kept, second: Kept) -> tuple[Int, Int]:
    """Rows of the same time and symbol, in the first and in the second."""
    places = [_places(kept) for kept in (first, second)]
    shared = sorted(places[0].keys() & places[1].keys())
    rows = [np.array([place[each] for each in shared], dtype=np.int64) for place in places]
    return rows[0], rows[1]


def _places(kept: Kept) -> dict[tuple[int, str], int]:
    """(microseconds, symbol) -> row."""
    stamps = kept.timestamps_M.astype(np.int64).tolist()
    return {key: row for row, key in enumerate(zip(stamps, kept.symbols_M.tolist(), strict=True))}


def _returns(first: Kept, second: Kept, bars_per_year: float) -> dict[str, Any]:
    shared_T, own, other = np.intersect1d(first.stamps_T, second.stamps_T, return_indices=True)
    if len(shared_T) == 0:
        return {"reason": "They have no bar of returns in common."}
    pair = first.returns_T[own], second.returns_T[other]
    return {
        "bars": len(shared_T),
        "sharpe": [sharpe_ratio(returns_T, bars_per_year) for returns_T in pair],
        **_tested(sharpe_difference(*pair)),
    }


def _tested(test: MeanTest) -> dict[str, Any]:
    """better: position of the one that is better by more than luck explains, two-sided; None: neither is."""
    better = None
    if test.p_two_sided <= LEVEL:
        better = 0 if test.mean > 0 else 1
    return {"t": test.t, "p_two_sided": test.p_two_sided, "better": better}


def show(console: "Console", found: Mapping[str, Any]) -> None:
    """The comparison on the terminal; what was overruled is in red."""
    first, second = (version["reference"] for version in found["versions"])
    rows = tuple(_row(name, pair) for name, pair in found["metrics"].items())
    console.table(tables.Table(header=("Out of sample", first, second), rows=rows))
    gates = tuple(tables.Row(label=name, cells=tuple(pair)) for name, pair in found["gates"].items())
    console.table(tables.Table(header=("Gates that differ", first, second), rows=gates))
    console.say()
    for name, what in (("forecasts", "forecasts better"), ("returns", "earns a better Sharpe ratio")):
        console.say(_sentence(found[name], what, (first, second)))
    for version in found["versions"]:
        console.say(
            f"{version['reference']}: run {version['run_id']}, trial {version['trial']} of "
            f"{version['family_trials']} on its data, {version['data'][0]} to {version['data'][1]}."
        )
        if version["vault_reused"]:
            console.alarm(f"{version['reference']}: VAULT REUSED, its bars had been opened before.")
        if version["override"]:
            console.alarm(f"{version['reference']}: {overruled(version['override'])}")


def _row(name: str, pair: list[float | None]) -> tables.Row:
    span, _, metric = name.partition("/")
    known = notation.describe(metric)
    cells = tuple(notation.write(value, known.style) for value in pair)
    return tables.Row(label=f"{known.label}, {span.replace('_', ' ')}", cells=cells)


def _sentence(test: Mapping[str, Any], what: str, names: tuple[str, str]) -> str:
    if "reason" in test:
        return f"Which {what} cannot be said: {test['reason']}"
    if test["t"] is None:
        return f"Which {what} cannot be said: there is nothing in which they differ."
    on = f"{test['rows']} common rows" if "rows" in test else f"{test['bars']} common bars"
    figures = f"t = {test['t']:.1f}, p = {test['p_two_sided']:.3f}, two-sided, {on}"
    if test["better"] is None:
        return f"Neither {what} by more than luck explains ({figures})."
    return f"{names[test['better']]} {what}, by more than luck explains ({figures})."
