"""Trials side by side on the terminal, and as a table for other programs."""

import csv
import io
from collections.abc import Mapping
from typing import Any

from runner.report import notation
from runner.report.comparison import nothing

MOST = 20
"""Trials that the terminal shows; --csv and --html have all of them."""


def show(found: Mapping[str, Any]) -> None:
    """The best trials by validation, then what the set amounts to."""
    from runner.terminal import Terminal

    out = Terminal()
    states = ", ".join(f"{count:,} {state}" for state, count in found["states"].items())
    out.text(f"{len(found['trials']):,} trials: {states or 'none'}.")
    if says := nothing(found):
        out.text(says)
    _trials(out, found)
    for title, lines in _said(found):
        out.text("")
        out.text(title, style="bold")
        for line in lines:
            out.item("-", line)
    if found["statistics"]:
        out.text("")
        cells = [(figure["label"], figure["shown"], figure["says"]) for figure in found["statistics"]]
        out.grid(("statistic of the set", "value", "in words"), cells, right=(1,))
    out.text("")
    for line in (*found["seen"], *found["left_out"]):
        out.text(line)
    for name in ("page", "table"):
        if found[name]:
            print(found[name])


def _trials(out: Any, found: Mapping[str, Any]) -> None:
    figures = {each["name"]: each for each in found["figures"]}
    ended = [trial for trial in found["trials"] if trial["state"] == "finished"]
    if not ended or found["objectives"][0] not in figures:
        return
    first = figures[found["objectives"][0]]
    known = [trial for trial in ended if trial["figures"][first["name"]] is not None]
    known.sort(key=lambda trial: -first["better"] * trial["figures"][first["name"]])
    shown = [each for each in found["figures"] if each["name"].startswith(("valid/", "test/"))][:4]
    cells = [
        (
            trial["trial"] + (" *" if trial["trial"] in found["front"] else ""),
            trial["level"] or "-",
            *(notation.write(trial["figures"][each["name"]], each["style"]) for each in shown),
            " ".join(f"{key}={notation.shortened(text)}" for key, text in trial["parameters"].items()) or "-",
        )
        for trial in known[:MOST]
    ]
    header = ("trial", "level", *(each["name"] for each in shown), "settings that differ")
    out.grid(header, cells, right=range(2, 2 + len(shown)))
    if len(known) > MOST:
        out.text(f"{len(known) - MOST:,} more finished trials; --csv and --html have all of them.")
    if found["front"]:
        out.text(f"* on the Pareto front: {len(found['front']):,} trials.")


def _said(found: Mapping[str, Any]) -> list[tuple[str, list[str]]]:
    parts = [
        (title, found[name]["says"])
        for title, name in (("Selection regret", "regret"), ("Rank stability", "stability"))
        if found[name] and found[name]["says"]
    ]
    parts += [("Null worlds", [each["says"]]) for each in found["null_worlds"]]
    for sweep in found["importance"]:
        shares = [
            f"{each['parameter']}: {notation.write(each['fanova'], 'percent')} of the variance, "
            f"{notation.write(each['ped_anova'], 'percent')} of being among the best tenth"
            + (f", among {each['trials']:,} trials of {each['where']}" if each["where"] else "")
            for each in sweep["of"]
        ]
        lines = [*shares, *([sweep["says"]] if sweep["says"] else [])]
        title = f"Importance of parameters{', ' + sweep['sweep'] if len(found['importance']) > 1 else ''}"
        parts += [(title, lines)] if lines else []
    return parts


def csv_bytes(found: Mapping[str, Any]) -> bytes:
    """A line a trial: trial, sweep, state, level, parameters as typed, figures, score of every fold, status of every
    gate, seconds, run, says; empty where it has none."""
    parameters = [each["name"] for each in found["parameters"]]
    figures = [each["name"] for each in found["figures"]]
    folds = [str(fold) for fold in found["folds"]]
    spans = ("valid", "test")
    gates = list(found["gate_shares"])
    header = [
        *("trial", "sweep", "state", "level"),
        *parameters,
        *figures,
        *(f"{span}_fold_{fold}" for span in spans for fold in folds),
        *(f"gate:{gate}" for gate in gates),
        *("seconds", "run", "says"),
    ]
    lines = [
        [
            *(trial[name] for name in ("trial", "sweep", "state", "level")),
            *(trial["parameters"].get(name) for name in parameters),
            *(trial["figures"].get(name) for name in figures),
            *(trial[f"{span}_folds"].get(fold) for span in spans for fold in folds),
            *(trial["gates"].get(gate) for gate in gates),
            *(trial[name] for name in ("seconds", "run", "says")),
        ]
        for trial in found["trials"]
    ]
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([header, *lines])
    return text.getvalue().encode()
