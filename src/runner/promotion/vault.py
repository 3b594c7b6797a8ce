"""The vault: the recipe fitted on everything before it, scored once on what nothing has looked at."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from components.errors import DataError
from components.values import Evidence, Fold, Span, Time, Vault
from runner.compute import pipeline
from runner.compute.folds import fold_of
from runner.compute.pipeline import Prepared
from runner.compute.stage import Cache
from runner.judging.evidence import gather
from runner.recording.ledger import Family
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
    start = experiment.split.vault_start
    if start is None:
        return None
    bars = experiment.data.bars()
    behind_R = bars.timestamps_R >= np.datetime64(start)
    stamps_T = np.unique(bars.timestamps_R[behind_R])
    if len(stamps_T) <= horizon_bars:
        return None
    first, last = stamps_T[[0, -1]].astype("datetime64[D]").tolist()
    symbols = tuple(sorted(bars.symbols[code] for code in np.unique(bars.codes_R[behind_R])))
    return Family(source=experiment.data.facts().identity, symbols=symbols, first=first, last=last)


def prepare_all(experiment: Experiment, cache: Cache) -> Prepared:
    """Everything that the source has, prepared as the run was, without a vault. Its stages are not shown."""
    split = replace(experiment.split, vault_start=None)  # type: ignore[type-var]  # every component is a dataclass
    return pipeline.prepare(replace(experiment, split=split), cache.quiet())


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
    as the last fold's where that window rolled. Raises DataError where nothing in the vault can be forecast."""
    design = everything.design(experiment)
    start = np.datetime64(str(experiment.split.vault_start), "us")
    times_T = np.unique(everything.panel.timestamps_R[design.eligible_R])
    before_T = times_T[times_T < start]
    first, last = prepared.folds[0].span, prepared.folds[-1].span
    valid = len(before_T) - _times_within(before_T, last.valid)
    rolls = last.train[0] > first.train[0]
    train = max(valid - _times_within(before_T, last.train), 0) if rolls else 0
    span = Span(
        train=(before_T[train], before_T[valid]),
        valid=(before_T[valid], start),
        test=(start, times_T[-1] + np.timedelta64(1, "us")),
    )
    fold = fold_of(1, span, design.eligible_R, everything.labels, everything.panel)
    if len(fold.test_rows) == 0:
        raise DataError(
            f"the vault from {experiment.split.vault_start} on holds no bar that can be forecast: its features are "
            "missing, or no symbol belongs to the universe; mend the bars, or choose an earlier split.vault_start"
        )
    return fold


def _times_within(times_T: Time, interval: tuple[np.datetime64, np.datetime64]) -> int:
    return int(((times_T >= interval[0]) & (times_T < interval[1])).sum())


def _renamed(found: Evidence) -> dict[str, float]:
    """The figures of the one fold under the vault's names."""
    return {
        new + name.removeprefix(old): value
        for name, value in found.metrics.items()
        for old, new in RENAMED.items()
        if name.startswith(old) and "_fold_" not in name
    }
