"""The vault: the recipe fitted on everything before it, scored once on what nothing has looked at."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from components.errors import DataError, GateFailed
from components.values import Evidence, Finding, Fold, Span, Time, Vault, within
from runner.compute import pipeline
from runner.compute.pipeline import Prepared
from runner.compute.prepared import inspected
from runner.compute.purge import candidates, fold_of
from runner.compute.stage import Cache
from runner.judging.evidence import gather
from runner.judging.tries import family_of
from runner.recording.ledger import Family, Ledger
from runner.recording.markets.recognise import rows_of
from runner.recording.markets.sketch import Sketch
from runner.recording.seen import Moments, whole_days
from runner.recording.witnesses import noted_heads
from runner.specification.experiment import Experiment

RENAMED = {"test/": "vault/", "backtest/": "vault_backtest/", "benchmark/": "vault_benchmark/"}


@dataclass(frozen=True, kw_only=True, eq=False)
class Looked:
    """What the vault showed. stamps_T: bars of the returns; metrics: `vault/...`, `vault_backtest/...`,
    `vault_benchmark/...`; n_train, n_valid: rows of the fit."""

    vault: Vault
    stamps_T: Time
    metrics: Mapping[str, float]
    n_train: int
    n_valid: int


def identity_of(experiment: Experiment, horizon_bars: int) -> Family | None:
    """Symbols and days of the vault, from names and timestamps alone; None where there is none, or none with more
    times than one label needs."""
    if experiment.split.vault_start is None:
        return None
    bars = experiment.data.whole().bars()
    begins = experiment.split.vault_begins(bars.timestamps_R)
    assert begins is not None, "there is a vault"
    behind_R = bars.timestamps_R >= begins
    stamps_T = np.unique(bars.timestamps_R[behind_R])
    if len(stamps_T) <= horizon_bars:
        return None
    first, last = stamps_T[[0, -1]].astype("datetime64[D]").tolist()
    symbols = tuple(sorted(bars.symbols[code] for code in np.unique(bars.codes_R[behind_R])))
    return Family(source=experiment.data.facts().identity, symbols=symbols, first=first, last=last)


def of_market(vault: Family, experiment: Experiment, prepared: Prepared, cache: Cache) -> Family:
    """The vault with the sketch of how its symbols moved before it: its market is known without a look into it."""
    market = family_of(experiment, prepared.panel, cache)
    assert market.sketch is not None, "every family is sketched"
    rows = rows_of(market.symbols, vault.symbols)
    return replace(vault, sketch=Sketch.from_bytes(market.sketch).take(rows).to_bytes())


def span_of(vault: Family, begins: np.datetime64) -> Moments:
    """From the vault's first moment to the end of its last day."""
    return str(begins), whole_days(vault)[1]


def refuse_other_ledger(ledger: Ledger, outputs: Path, override: str | None) -> bool:
    """Whether the record is whole. Raises GateFailed where it is not and nobody overrules that: beside a ledger that
    was removed, cut short or replaced, no vault can be called unseen."""
    problems = ledger.verify(noted_heads(outputs))
    if problems and override is None:
        raise GateFailed(
            f"ledger {ledger.chain.database.place}: {problems[0]}; nothing is promoted beside a record that is not "
            'whole; give the ledger back, or promote with --override "REASON": its vault then counts as seen'
        )
    return not problems


def prepare_all(experiment: Experiment, cache: Cache) -> Prepared:
    """Everything that the source has, prepared as the run was, without a vault. Its stages are not shown."""
    split = replace(experiment.split, vault_start=None)  # type: ignore[type-var]  # every component is a dataclass
    return pipeline.prepare(replace(experiment, split=split, data=experiment.data.whole()), cache.quiet())


def findings_of_all(experiment: Experiment, cache: Cache) -> tuple[Finding, ...]:
    """What the checks find in everything that the source has, those bars included on which the model is judged last and
    deployed: a defect says nothing of a forecast. Raises DataError where the bars may not be used, or do not suffice,
    before a vault is opened for them."""
    split = replace(experiment.split, vault_start=None)  # type: ignore[type-var]  # every component is a dataclass
    return inspected(experiment.data.whole(), split, experiment.quality, cache.quiet()).value.findings


def look(
    experiment: Experiment,
    prepared: Prepared,
    everything: Prepared,
    cache: Cache,
    *,
    reused: bool,
) -> Looked:
    """Fits the recipe and its baselines before the vault, and forecasts, trades and scores the vault."""
    fold = vault_fold(experiment, prepared, everything)
    within = pipeline.with_folds(everything, (fold,))
    quiet = cache.quiet()
    found = gather(experiment, within, pipeline.execute(experiment, within, quiet), quiet).evidence.value
    vault = Vault(
        scored=replace(found.test, span="vault"),
        returns_T=found.returns_T,
        benchmark_T=found.benchmark_T,
        reused=reused,
    )
    return Looked(
        vault=vault,
        stamps_T=found.stamps_T,
        metrics=_renamed(found),
        n_train=len(fold.train_rows),
        n_valid=len(fold.valid_rows),
    )


def vault_fold(experiment: Experiment, prepared: Prepared, everything: Prepared) -> Fold:
    """One fold whose test span is the vault, in the manner of the run's last fold: its validation span has as
    many decision times, right before the vault; its train span begins at the first decision time, or has as many
    as the last fold's where that window rolled. Where all folds hold the same symbols out, so does this one.
    Raises DataError where nothing in the vault can be forecast."""
    rows = candidates(
        experiment.preprocess,
        everything.table,
        everything.labels,
        everything.panel,
        everything.columns,
        experiment.fitted_model.lookback_rows,
    )
    start = prepared.vault_begins
    assert start is not None, "there is a vault"
    counted_R = everything.panel.in_universe_R if experiment.split.counts_every_bar else rows.ready_R
    times_T = np.unique(everything.panel.timestamps_R[counted_R])
    before_T = times_T[times_T < start]
    first, last = prepared.folds[0].span, prepared.folds[-1].span
    valid = len(before_T) - int(within(last.valid, before_T).sum())
    rolls = last.train[0][0] > first.train[0][0]
    train = max(valid - int(within(last.train, before_T).sum()), 0) if rolls else 0
    held_out = len({fold.span.test_symbols for fold in prepared.folds}) == 1
    span = Span(
        train=((before_T[train], before_T[valid]),),
        valid=((before_T[valid], start),),
        test=((start, max(start, times_T[-1]) + np.timedelta64(1, "us")),),
        train_symbols=last.train_symbols if held_out else None,
        test_symbols=last.test_symbols if held_out else None,
    )
    fold = fold_of(1, span, rows)
    if len(fold.test_rows) == 0:
        raise DataError(
            f"the vault from {np.datetime_as_string(start, unit='D')} on holds no bar that can be forecast: its "
            "features are missing, or no symbol belongs to the universe; mend the bars, or choose an earlier "
            "split.vault_start"
        )
    return fold


def _renamed(found: Evidence) -> dict[str, float]:
    """The figures of the one fold under the vault's names."""
    return {
        new + name.removeprefix(old): value
        for name, value in found.metrics.items()
        for old, new in RENAMED.items()
        if name.startswith(old) and "_fold_" not in name
    }
