"""The bars of a world, and what of its trials is prepared once for all of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from components.contracts import Model
from components.errors import ConfigError, Problem
from components.expressions import fields_of, to_text
from components.panel import Panel
from components.statistics.null_world import null_world
from components.values import Fold
from runner.composition.compose import Memo
from runner.composition.configure import configure
from runner.compute.bars import corner
from runner.compute.fit_fold import FoldSamples, fold_samples
from runner.compute.prepared import Prepared, inspected, prepare_bars, with_claims
from runner.compute.samples import Design
from runner.compute.stage import Cache
from runner.compute.target import compute_labels, parsed_target
from runner.leaks.subject import is_price
from runner.specification.experiment import Experiment

ANCHORS = ("close", "price", "last", "settlement", "mid", "nav", "vwap", "bid", "ask", "open", "high", "low")
"""Prices, those first whose moves are redrawn; the others of their kind keep their distance."""

PREFIXES = ("adj_", "adjusted_", "")

SAME = 0.99
"""Share of labels that may stay what they are: of signs half do, and where many bars have no move still more."""

MOST_BYTES = 1 << 28
"""Of samples that are kept for further trials, in one process."""


def anchors_of(fields: Sequence[str]) -> dict[str, str]:
    """Every field that is a price by its name -> the one from which it keeps its distance: the close of the same
    prefix, or the next best."""
    found = {}
    for name in filter(is_price, fields):
        prefix = next(each for each in PREFIXES if name.startswith(each))
        own = [each for each in fields if is_price(each) and each.startswith(prefix)]
        rank = {f"{prefix}{anchor}{tail}": i for i, anchor in enumerate(ANCHORS) for tail in ("", "_price")}
        found[name] = min((each for each in own if each in rank), key=rank.__getitem__)
    return found


def refuse(experiment: Experiment) -> None:
    """Raises ConfigError for what has no honest null, told without reading bars."""
    where = "sweep.null_worlds"
    if experiment.target.kind == "level":
        raise ConfigError(
            Problem(
                where,
                "a level persists: in worlds where it does not, chance finds nothing to compare with",
                "let beats_last_value judge it; forecast a return or a direction, or leave sweep.null_worlds out",
            )
        )
    redrawn = anchors_of(experiment.data.fields())
    read = {
        "the target": frozenset().union(*map(fields_of, parsed_target(experiment.target).values())),
        "the backtest": frozenset(experiment.backtest.fields()) if experiment.portfolio.trades else frozenset(),
    }
    for what, fields in read.items():
        if kept := sorted(fields - set(redrawn) - {"in_universe"}):
            raise ConfigError(
                Problem(
                    where,
                    f"{what} reads {kept[0]}, which null worlds keep as it is: only prices are redrawn",
                    f"redrawn here: {', '.join(redrawn) or 'nothing'}; name the field as a price, such as close, or "
                    "leave sweep.null_worlds out",
                )
            )


@dataclass(frozen=True, kw_only=True, eq=False)
class Bench:
    """What one process keeps between worlds: experiments that were composed, and real bars. real: where these lie."""

    real: Cache
    memo: Memo = field(default_factory=Memo)
    composed: dict[tuple[str, ...], Experiment] = field(default_factory=dict[tuple[str, ...], Experiment])
    panels: list[tuple[object, Panel]] = field(default_factory=list[tuple[object, Panel]])

    def experiment(self, overrides: tuple[str, ...]) -> Experiment:
        """What a trial's command line asks for, folds one after the other."""
        if overrides not in self.composed:
            made, _ = configure(overrides, memo=self.memo)
            self.composed[overrides] = replace(made, resources=replace(made.resources, workers=1, threads=1))
        return self.composed[overrides]

    def bars(self, experiment: Experiment) -> Panel:
        """The real bars that a run of it sees: without the vault, after the quality policy."""
        asked = (experiment.data, experiment.split, experiment.quality, experiment.debug, experiment.claims)
        for known, panel in self.panels:
            if known == asked:
                return panel
        found = inspected(experiment.data, experiment.split, experiment.quality, self.real).value
        panel = with_claims(experiment, corner(found.panel, experiment.debug))
        self.panels.append((asked, panel))
        return panel


def refuse_unchanged(experiment: Experiment, bench: Bench) -> None:
    """Raises ConfigError where the labels stay what they are in a world: a range, for example, called a return."""
    real = bench.bars(experiment)
    other = null_world(real, anchors_of(tuple(real.fields)), seed=0, world=1)
    texts = {name: to_text(node) for name, node in parsed_target(experiment.target).items()}
    was_R, is_R = (
        compute_labels(each, expressions=texts, resources=experiment.resources).y_R for each in (real, other)
    )
    known_R = np.isfinite(was_R) & np.isfinite(is_R)
    if known_R.any() and np.isclose(was_R, is_R, rtol=1e-6, atol=0)[known_R].mean() > SAME:
        raise ConfigError(
            Problem(
                "sweep.null_worlds",
                "the target is the same in a null world: it does not depend on the direction of moves",
                "call it a level (target.kind), or leave sweep.null_worlds out",
            )
        )


@dataclass(frozen=True, kw_only=True, eq=False)
class World:
    """One world. seed: of the sweep; number: from 1, 0 is the real one; cache: of what is computed in it."""

    bench: Bench
    seed: int
    number: int
    cache: Cache
    _panels: dict[str, Panel] = field(default_factory=dict[str, Panel])
    _prepared: list[tuple[object, Prepared]] = field(default_factory=list[tuple[object, Prepared]])
    _samples: list[tuple[object, FoldSamples]] = field(default_factory=list[tuple[object, FoldSamples]])

    def prepared(self, experiment: Experiment) -> Prepared:
        """Features, labels and folds of a trial; of one that shares them with an earlier trial, the same."""
        real = self.bench.bars(experiment)
        asked = (
            *(real.fingerprint, experiment.data.facts().identity, experiment.inputs, experiment.target),
            *(experiment.split, experiment.preprocess, experiment.debug, experiment.fitted_model.lookback_rows),
        )
        for known, prepared in self._prepared:
            if known == asked:
                return prepared
        prepared = prepare_bars(experiment, self._panel(real), self.cache)
        self._prepared.append((asked, prepared))
        return prepared

    def samples(
        self, experiment: Experiment, prepared: Prepared, fold: Fold, model: Model, learnt: Mapping[str, Any] | None
    ) -> FoldSamples:
        """A fold's rows as the model reads them, kept while there is room; learnt: as of `fitted_fold`."""
        asked = (prepared.divided.key, prepared.tabled.key, experiment.preprocess, experiment.seed, fold.number, learnt)
        for known, samples in self._samples:
            if known == asked and model.inputs(samples.preprocessor.columns) == samples.train.columns:
                return samples
        design = Design(
            preprocess=experiment.preprocess,
            table=prepared.table,
            labels=prepared.labels,
            panel=prepared.panel,
            lookback_rows=model.lookback_rows,
        )
        made = fold_samples(design, fold, model, seed=experiment.seed, learnt=learnt)
        if sum(_bytes(each) for _, each in self._samples) + _bytes(made) < MOST_BYTES:
            self._samples.append((asked, made))
        return made

    def _panel(self, real: Panel) -> Panel:
        if self.number == 0:
            return real
        if real.fingerprint not in self._panels:
            anchors = anchors_of(tuple(real.fields))
            self._panels[real.fingerprint] = null_world(real, anchors, seed=self.seed, world=self.number)
        return self._panels[real.fingerprint]


def _bytes(samples: FoldSamples) -> int:
    """The block, and the rows that are copied out of it."""
    return 2 * samples.train.block.values_RF.nbytes
