"""What a tracker is told of a run: a pure function of the run's folder. Whatever is absent there is absent here."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, cast

import yaml

from runner import exit_codes
from runner.bundle.aliases import current
from runner.recording.events import FILE as EVENTS
from runner.recording.run_folder import manifest_of
from runner.report.told import told
from runner.specification.tracker import Bundle, Cell, Record, State, Table

EXIT_CODES: Mapping[str, int] = {
    "finished": exit_codes.RAN,
    "pruned": exit_codes.RAN,
    "failed": exit_codes.UNFORESEEN,
    "interrupted": exit_codes.INTERRUPTED,
    "crashed": 137,
}
"""State -> what the process of the run ended with: 137 stands for a signal that no process hears."""
LONGEST_ID = 100
PER_FOLD = re.compile(r"(?P<name>.+)_fold_(?P<fold>\d+)")
GATE = ("name", "status", "required", "value", "threshold", "says")
SPANS = ("train", "valid", "test")
ROWS = ("n_train", "n_valid", "n_test", "purged_train", "purged_valid")


def id_of(experiment: str, run: str) -> str:
    """Of the record of a run: run ids are unique among runs of one experiment only."""
    return f"{experiment}-{run}"[-LONGEST_ID:].lstrip("-.")


def record_of(folder: Path, registry: Path, *, crashed: bool = False, edition: str = "") -> Record:
    """The record of a run that ended. crashed: its folder says that it runs, and its process is gone.

    Raises DataError where the folder has no manifest that can be read.
    """
    manifest, fields = manifest_of(folder), told(folder)
    state = cast("State", "crashed" if crashed else fields["state"])
    sweep = manifest.get("sweep") or {}
    folds = _folds(fields["metrics"], manifest)
    return Record(
        id=id_of(fields["experiment"], fields["run"]),
        edition=edition,
        name=fields["run"],
        kind=fields["experiment"],
        group=sweep.get("name"),
        tags=_tags(fields, state),
        state=state,
        exit_code=EXIT_CODES[state],
        began=fields["started"],
        ended=fields["finished"],
        config=_config(folder),
        summary=_summary(folder, manifest, fields, state),
        history={name: rows for name, rows in (("fold", folds), ("stage", _stages(manifest))) if rows},
        tables=dict(_tables(folder, manifest, fields, folds)),
        images={path.stem: path for path in sorted(folder.glob("plots/*.png"))},
        files={"report": folder / "report.html"} if (folder / "report.html").is_file() else {},
        bundles=_bundles(manifest, registry),
    )


def _config(folder: Path) -> dict[str, Any]:
    try:
        return dict(yaml.load((folder / "config.yaml").read_text(encoding="utf-8"), _LOADER) or {})  # noqa: S506  # both are safe
    except (OSError, ValueError, yaml.YAMLError):
        return {}


# libyaml's reader, where there is one, takes a tenth of the time.
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def _tags(fields: Mapping[str, Any], state: State) -> tuple[str, ...]:
    found = (fields["level"], state if state != "finished" else None, "debug" if fields["debug"] else None)
    return tuple(word for word in found if word)


def _summary(folder: Path, manifest: Mapping[str, Any], fields: Mapping[str, Any], state: State) -> dict[str, Cell]:
    sweep, trial, data, git = (manifest.get(name) or {} for name in ("sweep", "trial", "data", "git"))
    words: dict[str, Cell] = {
        "state": state,
        **{name: fields[name] for name in ("level", "passed", "forecast", "portfolio", "provenance", "started")},
        "finished": fields["finished"],
        "ledger_head": manifest.get("ledger_head"),
        "trial": trial.get("number"),
        "family_trials": trial.get("family_trials"),
        "sweep_trial": sweep.get("trial"),
        "data": data.get("identity"),
        "data_fingerprint": data.get("fingerprint"),
        "commit": git.get("commit"),
        "uncommitted_changes": git.get("dirty"),
        "run_key": manifest.get("run_key"),
        "broken": "; ".join(fields["broken"]) or None,
        "error": _error(folder) if state == "failed" else None,
    }
    gates = {f"gate/{gate['name']}/{each}": gate[each] for gate in fields["gates"] for each in ("value", "status")}
    whole = {**words, **gates, **fields["metrics"]}
    return {name: value for name, value in whole.items() if value is not None}


def _error(folder: Path) -> str | None:
    """What it failed with, as its events tell it."""
    try:
        lines = (folder / EVENTS).read_text(encoding="utf-8").splitlines()
        events = [json.loads(line) for line in lines[-3:]]
    except (OSError, ValueError):
        return None
    errors = [error["message"] for event in events if event.get("event") == "failed" for error in event["errors"]]
    return "; ".join(errors) or None


def _folds(metrics: Mapping[str, Cell], manifest: Mapping[str, Any]) -> list[dict[str, Cell]]:
    """Figures of every fold; of a pruned run what its pruner heard."""
    rows: dict[int, dict[str, Cell]] = {}
    for name, value in metrics.items():
        if value is not None and (found := PER_FOLD.fullmatch(name)):
            number = int(found["fold"])
            rows.setdefault(number, {"fold": number})[found["name"]] = value
    for number, score in enumerate((manifest.get("pruned") or {}).get("scores", ()), start=1):
        rows.setdefault(number, {"fold": number})["score"] = score
    return [rows[number] for number in sorted(rows)]


def _stages(manifest: Mapping[str, Any]) -> list[dict[str, Cell]]:
    names = ("name", "seconds", "cached")
    stages = manifest.get("stages") or ()
    return [{"stage": k, **{name: each.get(name) for name in names}} for k, each in enumerate(stages, start=1)]


def _tables(
    folder: Path, manifest: Mapping[str, Any], fields: Mapping[str, Any], folds: Sequence[Mapping[str, Cell]]
) -> Iterator[tuple[str, Table]]:
    if fields["gates"]:
        yield "gates", table({name: gate[name] for name in GATE} for gate in fields["gates"])
    scored = {row["fold"]: row for row in folds}
    if spans := manifest.get("folds"):
        yield "folds", table(_fold(fold) | {**scored.get(fold["number"], {})} for fold in spans)
    try:
        leaks = json.loads((folder / "leaks.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return
    yield "leak_findings", table(leaks["findings"], columns=("test", "severity", "where", "evidence"))


def _fold(fold: Mapping[str, Any]) -> dict[str, Any]:
    spans = {span: ", ".join(f"{begin} to {end}" for begin, end in fold.get(span) or ()) for span in SPANS}
    return {"fold": fold["number"], **spans, **{name: fold.get(name) for name in ROWS}}


def table(rows: Iterable[Mapping[str, Any]], columns: Sequence[str] = ()) -> Table:
    """Rows as they come; what is neither number nor text is written as text. columns: where there is no row."""
    rows = list(rows)
    names = tuple(dict.fromkeys(name for row in rows for name in row)) or tuple(columns)
    return Table(columns=names, rows=tuple(tuple(_cell(row.get(name)) for name in names) for row in rows))


def _cell(value: Any) -> Cell:
    return value if value is None or isinstance(value, str | int | float) else json.dumps(value, ensure_ascii=False)


def _bundles(manifest: Mapping[str, Any], registry: Path) -> tuple[Bundle, ...]:
    if not manifest.get("bundle"):
        return ()
    place = Path(manifest["bundle"])
    folder = registry / place.parent.name / place.name
    if not folder.is_dir():
        return ()
    aliases = current(registry, place.parent.name)
    return (Bundle(folder=folder, aliases=tuple(a for a, version in aliases.items() if str(version) == place.name)),)
