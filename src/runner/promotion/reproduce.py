"""A run or a bundle computed once more from the configuration that it carries: the same to the bit, or what differs
first, and why."""

import copy
import io
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from components.errors import ConfigError, DataError
from runner.bundle.layout import CONFIG, EVIDENCE, GRAPH, MANIFEST, read_verified
from runner.bundle.reader import Bundle
from runner.bundle.registry import find
from runner.composition.bounded import refuse_unbounded
from runner.recording.ledger import Ledger
from runner.recording.provenance import versions
from runner.recording.run_folder import RunFolder, find_run
from runner.recording.sealed import refuse_changed
from runner.specification.described import TARGET
from runner.specification.places import Places
from runner.storage.canonical import finite_or_null

if TYPE_CHECKING:
    import pandas as pd

    from runner.compute.pipeline import Executed, Prepared
    from runner.compute.stage import Cache
    from runner.specification.experiment import Experiment

FILE_SOURCE = "components.data.files.Files"
TABLES = ("forecasts", "weights", "trades", "equity")
Cause = Literal["data", "version", "code", "unknown"]
UNEXPLAINED = "data, code and versions are those of the run; another processor or another number of threads is left"


@dataclass(frozen=True, kw_only=True)
class Embedded:
    """What a run or bundle carries. manifest: of the run; files: of the bundle, none of a run."""

    place: Path
    config: dict[str, Any]
    manifest: Mapping[str, Any]
    files: Mapping[str, bytes]


@dataclass(frozen=True, kw_only=True)
class Reproduced:
    """difference: the first, None where everything is the same; cause, because: of it; compared: what was."""

    compared: tuple[str, ...]
    difference: str | None = None
    cause: Cause | None = None
    because: str | None = None


@dataclass(frozen=True, kw_only=True, eq=False)
class _Again:
    """A computation that has just been made."""

    experiment: "Experiment"
    prepared: "Prepared"
    executed: "Executed"
    metrics: Mapping[str, float | None]
    cache: "Cache"


def reproduce(reference: str, data: Path | None, places: Places) -> Reproduced:
    """Computes everything anew, from no stored result, and compares it in the order in which it follows.

    Other data than those of the run are found before anything is fitted, so that nothing is tried on them. Raises
    ConfigError or DataError where there is nothing to reproduce, or where it was changed since.
    """
    from runner.composition.build import build
    from runner.compute import pipeline
    from runner.console import Console
    from runner.judging.evidence import gather
    from runner.specification.experiment import Experiment

    embedded = _embedded(reference, places)
    with tempfile.TemporaryDirectory() as folder:
        config = embedded.config if data is None else with_data(embedded.config, data, Path(folder))
        experiment = build(Experiment, config)
        cache = pipeline.open_cache(Places(outputs=Path(folder)), Console(io.StringIO()))
        prepared = pipeline.prepare(experiment, cache)
        if line := _other_data(embedded.manifest["data"], prepared):
            return Reproduced(compared=(), difference="the bars", cause="data", because=line)
        executed = pipeline.execute(experiment, prepared, cache)
        metrics = finite_or_null(gather(experiment, prepared, executed, cache).evidence.value.metrics)
        again = _Again(experiment=experiment, prepared=prepared, executed=executed, metrics=metrics, cache=cache)
        compared: list[str] = ["bars"]
        for what, difference in _compared(embedded, again):
            if difference is not None:
                cause, because = _cause(embedded.manifest, again, moved=data is not None)
                return Reproduced(compared=tuple(compared), difference=difference, cause=cause, because=because)
            compared.append(what)
    return Reproduced(compared=tuple(compared))


def with_data(config: Mapping[str, Any], data: Path, folder: Path) -> dict[str, Any]:
    """The configuration with its file read from elsewhere: through a link in the folder, since a file of one symbol is
    named as its symbol. Raises ConfigError where it reads none, or several."""
    changed = copy.deepcopy(dict(config))
    sources = list(_file_sources(changed["data"]))
    if len(sources) != 1:
        raise ConfigError(
            f"--data: the configuration reads {len(sources) or 'no'} file{'s' if len(sources) > 1 else ''}; it says "
            "itself where its bars are, leave --data out"
        )
    before = Path(sources[0]["path"])
    link = folder / (before.name.partition(".")[0] + "".join(data.suffixes))
    if data.is_file() and "*" not in before.name:
        link.symlink_to(data.resolve())
    sources[0]["path"] = str(link if link.is_symlink() else data)
    return changed


def _file_sources(node: Any) -> Iterator[dict[str, Any]]:
    if isinstance(node, dict):
        if node.get(TARGET) == FILE_SOURCE:
            yield node
        for value in node.values():
            yield from _file_sources(value)


def _embedded(reference: str, places: Places) -> Embedded:
    import yaml

    path = Path(reference)
    if (path / MANIFEST).is_file() or not (_is_run(path) or _names_run(reference, places)):
        folder = find(reference, places.registry)
        files = read_verified(folder)
        refuse_unbounded(folder / CONFIG, str(folder / CONFIG))
        manifest = Bundle.open(folder).manifest["run"]
        return Embedded(place=folder, config=yaml.safe_load(files[CONFIG]), manifest=manifest, files=files)
    folder = find_run(reference, places.outputs)
    refuse_changed(folder, Ledger.open(places.ledger))
    run = RunFolder.open(folder)
    return Embedded(place=folder, config=yaml.safe_load(run.config), manifest=run.manifest, files={})


def _is_run(path: Path) -> bool:
    return (path / "manifest.json").is_file()


def _names_run(reference: str, places: Places) -> bool:
    try:
        return _is_run(find_run(reference, places.outputs))
    except (ConfigError, DataError):
        return False


def _other_data(facts: Mapping[str, Any], prepared: "Prepared") -> str | None:
    """What tells these bars from those of the run; None where they are the same."""
    from runner.report.description import day

    panel = prepared.panel
    if panel.fingerprint == facts["fingerprint"]:
        return None
    now = {
        "symbols": len(panel.symbols),
        "bars": panel.n_rows,
        "first bar": day(panel.dates_T[0]),
        "last bar": day(panel.dates_T[-1]),
    }
    then = dict(zip(now, (facts[name] for name in ("n_symbols", "n_rows", "first", "last")), strict=True))
    differing = [f"{name}: {now[name]}, the run had {then[name]}" for name in now if now[name] != then[name]]
    return (
        "; ".join(differing)
        or f"as many bars over the same days, with other values (the run's {facts['fingerprint'][:12]})"
    )


def _compared(embedded: Embedded, again: _Again) -> Iterator[tuple[str, str | None]]:
    """(what was compared, the first difference in it), in the order in which results follow from one another."""
    if not embedded.files:
        run = RunFolder.open(embedded.place)
        from runner.report.description import run_tables
        from runner.storage.formats import FRAME

        tables = run_tables(again.prepared, again.executed)
        for name in TABLES:
            frame = FRAME.decode({"frame.parquet": tables[f"{name}.parquet"]})
            yield f"{len(frame):,} rows of {name}", _frames(name, getattr(run, name), frame)
        yield f"{len(run.metrics)} figures", _figures(run.metrics, again.metrics)
        return
    from runner.promotion.deploy import refit
    from runner.promotion.vault import prepare_all

    yield "evidence", _evidence(embedded.files[EVIDENCE], again)
    everything = prepare_all(again.experiment, again.cache)
    deployed = refit(again.experiment, again.prepared, again.executed, everything)
    same = deployed.bundle.graph == embedded.files[GRAPH]
    yield "the deployed model", None if same else f"{embedded.place / GRAPH}: the model that is fitted now is another"


def _frames(name: str, then: "pd.DataFrame", now: "pd.DataFrame") -> str | None:
    if list(then.columns) != list(now.columns):
        return f"{name}: columns {', '.join(now.columns)}, the run wrote {', '.join(then.columns)}"
    if len(then) != len(now):
        return f"{name}: {len(now):,} rows, the run wrote {len(then):,}"
    for column in then.columns:
        old, new = then[column].to_numpy(), now[column].to_numpy()
        same = (old == new) | ((old != old) & (new != new))  # NaN and NaT alone differ from themselves
        if not same.all():
            row = int(np.flatnonzero(~same)[0])
            where = ", ".join(str(then[key].iloc[row]) for key in ("timestamp", "symbol") if key in then.columns)
            return f"{name}: {column} of {where or f'row {row + 1}'} is {new[row]}, it was {old[row]}"
    return None


def _figures(then: Mapping[str, Any], now: Mapping[str, Any]) -> str | None:
    for name in sorted(then.keys() & now.keys()):
        if then[name] != now[name]:
            return f"figure {name} is {now[name]}, it was {then[name]}"
    return None


def _evidence(then: bytes, again: _Again) -> str | None:
    """Forecasts, outcomes and returns of the test spans, as the bundle keeps them."""
    from runner.judging.evidence import gather
    from runner.promotion.evidence import evidence_npz
    from runner.storage.formats import ARRAYS

    evidence = gather(again.experiment, again.prepared, again.executed, again.cache).evidence.value
    now = ARRAYS.decode({"arrays.npz": evidence_npz(evidence, again.prepared.panel.symbols, None, ())})
    old = ARRAYS.decode({"arrays.npz": then})
    for end, held in (("_M", old["vault_M"]), ("_T", old["in_vault_T"])):
        for name in sorted(name for name in now if name.endswith(end) and "vault" not in name):
            values = old[name][~held]
            same = len(values) == len(now[name]) and (values == now[name]) | (
                (values != values) & (now[name] != now[name])
            )
            if not np.all(same):
                return f"{name.rpartition('_')[0]} of the test spans"
    return None


def _cause(manifest: Mapping[str, Any], again: _Again, *, moved: bool) -> tuple[Cause, str]:
    """Why results differ although the bars are the same: other versions, else other code."""
    then, now = manifest["versions"], dict(versions())
    other = [
        f"{name} {now.get(name, 'is absent')}, the run had {then[name]}" for name in then if now.get(name) != then[name]
    ]
    if other:
        return "version", "; ".join(other)
    keys = manifest.get("keys", {})
    stages = [name for name, stage in again.cache.made.items() if name in keys and keys[name] != stage.key]
    if stages and not moved:
        return "code", f"the code of stage '{stages[0]}' is another than when the run was made"
    if git := _commits(manifest):
        return "code", git
    return "unknown", UNEXPLAINED


def _commits(manifest: Mapping[str, Any]) -> str | None:
    from runner.recording.provenance import git_state

    then, now = manifest.get("git"), git_state()
    if not then or not now or then == now:
        return None
    return f"commit {now['commit'][:12]}, the run was made at {then['commit'][:12]}"


def sentences(found: Reproduced) -> Sequence[str]:
    """What is said of it."""
    if found.difference is None:
        return (f"Same to the bit: {', '.join(found.compared)}.",)
    lines = (f"Differs first in {found.difference}.", f"Cause: {found.cause}: {found.because}.")
    return lines if not found.compared else (*lines, f"The same were: {', '.join(found.compared)}.")
