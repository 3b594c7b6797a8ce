"""Trials side by side as one page without network: its values, its style and its own script are inside."""

import json
from collections.abc import Callable, Mapping
from typing import Any

from runner.report import notation

LEVELS = ("hallmarked", "candidate", "pending", "rejected")
MARKS = {
    "passed": "passed",
    "failed": "failed",
    "pending": "not judged yet",
    "deferred": "at promotion",
    "not_applicable": "not applicable",
}
ENDED = "finished"


def page(found: Mapping[str, Any], curves: Mapping[str, Any]) -> str:
    """HTML of what `compare --json` prints of sweeps and sets of runs, with equity curves."""
    from runner.report.templates import template

    filters: dict[str, Callable[..., Any]] = {
        "count": notation.count,
        "style": notation.write,
        "short": notation.shortened,
        "typeset": notation.typeset,
    }
    shown = template("comparison.html.j2", filters)
    return str(
        shown.render(
            found=found,
            title=_title(found),
            cards=_cards(found),
            levels=[(level, found["levels"][level]) for level in LEVELS if level in found["levels"]],
            statuses=[status for status in MARKS if any(status in each for each in found["gate_shares"].values())],
            ended=sum(trial["state"] == ENDED for trial in found["trials"]),
            nothing=nothing(found),
            apart=[trial for trial in found["trials"] if trial["state"] != ENDED],
            data=_embedded(_data(found, curves)),
            dash=notation.DASH,
            marks=MARKS,
        )
    )


def nothing(found: Mapping[str, Any]) -> str:
    """Why there is no trial to choose; empty where there is one."""
    states = found["states"]
    if found["chosen"] is not None:
        return ""
    if "beyond constraints" in states:
        says = "No finished trial meets the constraints"
    elif not states.keys() - {"running"}:
        says = "No trial has finished yet"
    else:
        says = "No trial ended with a figure to choose by"
    return f"{says}; there is nothing to choose between."


def _title(found: Mapping[str, Any]) -> str:
    experiments = list(dict.fromkeys(each["experiment"] or each["sweep"] for each in found["sweeps"]))
    return ", ".join(experiments) if experiments else f"{len(found['trials']):,} runs"


def _cards(found: Mapping[str, Any]) -> list[dict[str, str]]:
    """The few figures to look at first."""
    trials = {trial["trial"]: trial for trial in found["trials"]}
    cards = [{"label": "Trials", "value": f"{len(trials):,}", "beside": _states(found)}]
    chosen = trials.get(found["chosen"])
    if chosen is None:
        return cards
    by_name = {each["name"]: each for each in found["figures"]}
    for objective in found["objectives"][:1]:
        test = by_name.get(f"test/{objective.partition('/')[2]}")
        style, label = by_name[objective]["style"], by_name[objective]["label"]
        beside = f"on test {notation.write(chosen['figures'][test['name']], style)}" if test else ""
        value = notation.write(chosen["figures"][objective], style)
        cards.append({"label": f"{label}, validation, of trial {chosen['trial']}", "value": value, "beside": beside})
    if regret := found["regret"]:
        style = by_name[regret["objective"]]["style"]
        lot = f"by lot {notation.write(regret['blind'], style)}"
        cards.append({"label": "Selection regret", "value": notation.write(regret["lost"], style), "beside": lot})
    for each in found["null_worlds"][:1]:
        beside = f"rank {each['rank']} among {each['worlds']:,} null worlds"
        cards.append({"label": "Exact p-value of the search", "value": f"{each['p_value']:.3f}", "beside": beside})
    figures = {figure["name"]: figure for figure in found["statistics"]}
    if "dsr_strict" in figures:
        beside = f"Sharpe {figures['sharpe']['shown']}, luck's best {figures['expected_maximum']['shown']}"
        label = "Deflated Sharpe, strict"
        cards.append({"label": label, "value": figures["dsr_strict"]["shown"], "beside": beside})
    if "pbo" in figures:
        independent = f"{figures['effective_trials']['shown']} independent trials"
        cards.append({"label": "Backtest overfitting", "value": figures["pbo"]["shown"], "beside": independent})
    return cards


def _states(found: Mapping[str, Any]) -> str:
    return ", ".join(f"{count:,} {state}" for state, count in found["states"].items())


def _data(found: Mapping[str, Any], curves: Mapping[str, Any]) -> dict[str, Any]:
    """What the script draws, without what the page says in words."""
    names = ("objectives", "figures", "parameters", "folds", "chosen", "front", "regret", "stability", "null_worlds")
    kept = ("trial", "sweep", "state", "level", "parameters", "figures", "valid_folds", "test_folds", "seconds")
    trials = [{name: _brief(trial[name]) for name in kept} for trial in found["trials"]]
    return {**{name: found[name] for name in names}, "trials": trials, "equity": curves}


def _brief(value: Any) -> Any:
    """Numbers to six digits: more are not drawn."""
    if isinstance(value, float):
        return float(f"{value:.6g}")
    if isinstance(value, Mapping):
        return {key: _brief(each) for key, each in value.items() if each is not None}
    return value


def _embedded(data: Mapping[str, Any]) -> Any:
    """JSON that no name in it can end, whatever a trial is called."""
    from markupsafe import Markup

    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    escapes = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"}
    for character, escaped in escapes.items():
        text = text.replace(character, escaped)
    return Markup(text)  # noqa: S704  # nothing in it is markup any more
