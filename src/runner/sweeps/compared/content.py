"""The whole comparison in plain values: what `compare --json` prints, and what its page and tables show."""

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from runner.composition.figures import leading
from runner.composition.figures import metrics as all_metrics
from runner.judging.set_figures import set_figures
from runner.judging.tries import RETURNS, aligned
from runner.recording.ledger import Ledger, Series
from runner.storage.canonical import finite_or_null
from runner.sweeps.compared.entries import BEYOND, Compared, Entry
from runner.sweeps.compared.importance import importances
from runner.sweeps.compared.left_out import left_out
from runner.sweeps.compared.selection import front_of, regret_of, scores_of, stability_of, test_name
from runner.sweeps.nulls.told import of_sweep
from runner.sweeps.space import Number
from runner.sweeps.table import best_trial

LEADING = 2
"""How many of the leading figures are shown beside the objectives, on validation and test spans."""
PORTFOLIO = ("backtest/sharpe", "backtest/max_drawdown", "backtest/turnover_annual")
WIDE = 100.0
"""A parameter above 0 whose largest value is so many times its smallest is drawn in logarithms."""
CURVES, POINTS = 80, 160
"""Trials whose equity is drawn, the best by validation first, and points of each."""
RUINED, LARGEST_LOG = 1 - 1e-9, 300.0
"""What is lost at most in a bar, and the logarithm of what is drawn at most."""
LOOK = "compare"


@dataclass(frozen=True, kw_only=True)
class Look:
    """trials: of which the ledger knows; head: of the ledger once the look was noted, '' where nothing could be."""

    trials: int
    head: str


def content(compared: Compared, returns: Mapping[str, Series], look: Look) -> dict[str, Any]:
    """Everything but where it was written. returns: see `returns_of`."""
    scores = scores_of(compared)
    columns, parameters = _figures(compared), _parameters(compared)
    chosen, apart = compared.chosen, compared.apart
    statistics = _statistics(compared, returns)
    found = {
        "sweeps": [_sweep(letter, compared) for letter in compared.sweeps],
        "objectives": list(compared.objectives),
        "figures": columns,
        "parameters": parameters,
        "fixed": _fixed(compared.entries),
        "folds": list(_folds(compared)),
        "trials": [_trial(entry, compared, columns, parameters) for entry in compared.entries],
        "chosen": chosen.name if chosen else None,
        "front": [] if apart else front_of(compared),
        "states": dict(Counter(entry.state for entry in compared.entries)),
        "levels": _levels(compared.entries),
        "gate_shares": _gates(compared.entries),
        "regret": None if apart else regret_of(compared, scores),
        "stability": None if apart else stability_of(scores),
        "statistics": statistics,
        "importance": _importance(compared),
        "null_worlds": _null_worlds(compared),
        "seen": _seen(compared, look),
        "left_out": left_out(compared, scores, returns, statistics=bool(statistics)),
    }
    return dict(finite_or_null(found))


def curves(compared: Compared, returns: Mapping[str, Series]) -> dict[str, Any]:
    """Growth of 1 after costs: times, and name -> values, of those that share the chosen trial's bars."""
    chosen = compared.chosen
    if chosen is None or chosen.name not in returns:
        return {"times": [], "of": {}, "left_out": 0}
    direction, objective = compared.directions[0], compared.objectives[0]
    best = sorted(compared.finished, key=lambda entry: -direction * entry.value(objective))
    stamps_T, returns_TK, names = aligned(returns, chosen.name)
    shown = [entry.name for entry in best if entry.name in names][:CURVES]
    places_P = np.unique(np.linspace(0, len(stamps_T) - 1, min(len(stamps_T), POINTS)).round().astype(np.int64))
    shown_TK = returns_TK[:, [names.index(name) for name in shown]]
    logs_TK = np.cumsum(np.log1p(np.maximum(shown_TK, -RUINED)), axis=0)[places_P]
    growth_TK = np.exp(np.minimum(logs_TK, LARGEST_LOG))
    times = [str(time)[:10] for time in stamps_T[places_P]]
    of = {name: [float(f"{value:.5g}") for value in growth_TK[:, place]] for place, name in enumerate(shown)}
    return {"times": times, "of": of, "left_out": len(names) - len(shown)}


def looked_back(known: frozenset[str], ledger: Ledger) -> Look:
    """Notes in the ledger that test figures of these trials were looked at side by side."""
    return Look(trials=len(known), head=(ledger.look_back(known, LOOK) or "") if known else "")


def returns_of(compared: Compared, ledger: Ledger) -> tuple[dict[str, Series], frozenset[str]]:
    """name -> net returns per bar, from the ledger, which outlives the folders; and the keys that the ledger knows."""
    known = {entry.name: entry.key for entry in compared.entries if entry.key in compared.tries}
    series = ledger.series({trial.key: trial for trial in compared.tries.values()}.values(), RETURNS)
    first = {name: compared.tries[str(key)].key for name, key in known.items()}
    return {name: series[key] for name, key in first.items() if key in series}, frozenset(map(str, known.values()))


def _sweep(letter: str, compared: Compared) -> dict[str, Any]:
    opened = compared.sweeps[letter]
    own = [entry for entry in compared.entries if entry.sweep == letter]
    return {
        "letter": letter,
        "sweep": opened.name,
        "folder": str(opened.folder),
        "experiment": next((entry.run["experiment"] for entry in own if entry.run), None),
        "objectives": list(opened.objectives),
        "search": opened.settings.search,
        "prune": opened.settings.prune,
        "seed": opened.settings.seed,
        "trials": len(own),
        "data": next((entry.run["data"] for entry in own if entry.run.get("data")), {}),
    }


def _figures(compared: Compared) -> list[dict[str, Any]]:
    """The figures that the table shows: objectives and their test figures first."""
    pairs = [name for objective in compared.objectives for name in (objective, test_name(objective))]
    known = {name.rpartition("/")[2] for entry in compared.entries for name in entry.figures}
    kinds = ("level", "return", "direction")
    lead = max((leading(known, kind) for kind in kinds), key=len)[:LEADING]
    names = dict.fromkeys([*pairs, *(f"{span}/{name}" for name in lead for span in ("valid", "test")), *PORTFOLIO])
    metrics = all_metrics()
    return [
        {
            "name": name,
            "label": metrics[name.partition("/")[2]].label,
            "span": name.partition("/")[0],
            "style": metrics[name.partition("/")[2]].style,
            "better": metrics[name.partition("/")[2]].better,
        }
        for name in names
        if name.partition("/")[2] in metrics and any(math.isfinite(entry.value(name)) for entry in compared.entries)
    ]


def _parameters(compared: Compared) -> list[dict[str, Any]]:
    """In which settings the trials differ. Beside sweeps, runs are compared by what the sweeps vary or fix alone."""
    entries = compared.entries
    of_sweeps = {key for entry in entries if entry.sweep for key in entry.settings}
    keys = dict.fromkeys(key for entry in entries for key in entry.settings if not of_sweeps or key in of_sweeps)
    return [_parameter(key, compared) for key in keys if len({entry.settings.get(key) for entry in entries}) > 1]


def _parameter(key: str, compared: Compared) -> dict[str, Any]:
    texts = [entry.settings[key] for entry in compared.entries if key in entry.settings]
    numbers = [number for text in texts if (number := _number(text)) is not None]
    numeric = len(numbers) == len(texts)
    log = numeric and min(numbers) > 0 and (max(numbers) / min(numbers) >= WIDE or _is_log(key, compared))
    values = None if numeric else list(dict.fromkeys(texts))
    return {"name": key, "numeric": numeric, "log": log, "values": values}


def _is_log(key: str, compared: Compared) -> bool:
    spaces = [opened.space for opened in compared.sweeps.values()]
    parameters = [part for space in spaces for part in (space.parameters, *(b.parameters for b in space.branches))]
    known = [each for part in parameters for name, each in part.items() if name.lstrip("+") == key]
    return any(isinstance(each, Number) and each.log for each in known)


def _number(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def _fixed(entries: Sequence[Entry]) -> dict[str, str]:
    """Settings of the command line that every trial of the sweeps has."""
    of_sweeps = [entry.settings for entry in entries if entry.sweep]
    if not of_sweeps:
        return {}
    return {key: text for key, text in of_sweeps[0].items() if all(each.get(key) == text for each in of_sweeps)}


def _folds(compared: Compared) -> Iterator[int]:
    objective = compared.objectives[0]
    names = (objective, test_name(objective))
    yield from sorted({fold for entry in compared.entries for name in names for fold in entry.by_fold(name)})


def _trial(
    entry: Entry, compared: Compared, columns: Sequence[Mapping[str, Any]], parameters: Sequence[Mapping[str, Any]]
) -> dict[str, Any]:
    objective = compared.objectives[0]
    varied = {each["name"] for each in parameters}
    return {
        "trial": entry.name,
        "sweep": entry.sweep,
        "state": entry.state,
        "level": entry.run.get("level"),
        "parameters": {key: text for key, text in entry.settings.items() if key in varied},
        "figures": {each["name"]: entry.value(each["name"]) for each in columns},
        "valid_folds": {str(fold): value for fold, value in entry.by_fold(objective).items()},
        "test_folds": {str(fold): value for fold, value in entry.by_fold(test_name(objective)).items()},
        "gates": {gate["name"]: gate["status"] for gate in entry.run.get("gates", ())},
        "seconds": entry.seconds,
        "run": None if entry.gone else entry.folder,
        "says": entry.says,
    }


def _levels(entries: Sequence[Entry]) -> dict[str, int]:
    return dict(Counter(str(entry.run["level"]) for entry in entries if entry.run.get("level")))


def _gates(entries: Sequence[Entry]) -> dict[str, dict[str, int]]:
    """gate -> status -> trials."""
    found: dict[str, Counter[str]] = {}
    for entry in entries:
        for gate in entry.run.get("gates", ()):
            found.setdefault(gate["name"], Counter())[gate["status"]] += 1
    return {name: dict(counts) for name, counts in found.items()}


def _statistics(compared: Compared, returns: Mapping[str, Series]) -> list[dict[str, Any]]:
    chosen = compared.chosen
    if chosen is None or chosen.name not in returns:
        return []
    found = [asdict(figure) for figure in set_figures(returns, chosen.name, len(compared.entries))]
    return [figure for figure in found if figure["name"] != "pbo" or not compared.apart]


def _importance(compared: Compared) -> list[dict[str, Any]]:
    """Of each sweep: letter, of (each parameter's shares), says."""
    found = []
    for letter, opened in compared.sweeps.items():
        trials = [entry.trial for entry in compared.entries if entry.sweep == letter and entry.trial is not None]
        found.append({"sweep": letter, **asdict(importances(opened, trials))})
    return found


def _null_worlds(compared: Compared) -> list[dict[str, Any]]:
    """Of each sweep that was searched in null worlds too, where its best stands among theirs."""
    found = []
    for letter, opened in compared.sweeps.items():
        own = [(entry, entry.trial) for entry in compared.entries if entry.sweep == letter and entry.trial is not None]
        trials = [trial for _, trial in own]
        best = best_trial(opened, trials)
        test = test_name(opened.objectives[0])
        known = (entry for entry, trial in own if trial is best and not (entry.gone and math.isnan(entry.value(test))))
        figures = next((entry.figures for entry in known), {})
        if best is not None and (told := of_sweep(opened, trials, figures)):
            found.append({"sweep": letter, **told})
    return found


def _seen(compared: Compared, look: Look) -> list[str]:
    """What a reader of the test figures must know."""
    shown = [entry for entry in compared.entries if any(math.isfinite(entry.value(name)) for name in _tested(entry))]
    if not shown:
        return []
    beyond = sum(entry.state == BEYOND for entry in shown)
    among = f", {beyond:,} of them beyond constraints" if beyond else ""
    noted = (
        f"The ledger notes this look at {look.trials:,} of its trials (event {look.head.partition(':')[0]})."
        if look.head
        else "The ledger knows none of these trials: it cannot note that they were looked at."
    )
    return [
        f"Test figures of {len(shown):,} trials are shown{among}. They are for judging the search, not for choosing "
        "from it: whoever picks a trial by them has spent the test spans, and no figure of that trial means what it "
        "says any more.",
        noted,
    ]


def _tested(entry: Entry) -> list[str]:
    return [name for name in entry.figures if name.partition("/")[0] in ("test", "backtest")]
