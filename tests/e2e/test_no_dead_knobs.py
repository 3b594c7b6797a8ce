"""Every setting of the shipped experiments does something, or is declared inert and does nothing."""

import functools
import hashlib
import json
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml

from components.errors import AssayError, ConfigError, DataError
from components.gates.survives_scenario import SurvivesScenario
from harness import SHOWN
from runner.composition.catalog import catalogue
from runner.composition.compose import compose
from runner.composition.configure import configure
from runner.composition.places import config_folder
from runner.composition.remembered import remembered
from runner.composition.schema import class_path, literals, parameters
from runner.compute import pipeline
from runner.compute.stage import Given
from runner.console import Console
from runner.judging.evidence import complete, gather
from runner.judging.tries import alone
from runner.judging.verdict import judge, judge_vault
from runner.promotion.vault import look, prepare_all
from runner.report import description as describe
from runner.specification.places import Places

TEXTS = {
    "dataset": ["nasdaq", "us20"],
    "vault_start": ["2014-01-01"],
    "metric": ["valid/r2", "test/auc", "test/mse", "r2", "auc", "rank_ic"],
    "baseline": ["har", "last_value", "train_mean", "absent"],
}
INERT_LEAVES = ("name", "resources.threads", "resources.workers", "resources.folds", "debug.enabled")
INERT_SECTIONS = ("tracking", "export")


def leaves(section: Mapping[str, Any], path: str = "") -> Iterator[tuple[str, Any, Any]]:
    """(dotted path, value, annotation) of every setting; lists count as one."""
    known = parameters(catalogue()[section["_target_"]]) if "_target_" in section else {}
    for name, value in section.items():
        here = f"{path}.{name}" if path else name
        if name == "_target_":
            continue
        if isinstance(value, Mapping) and value:
            yield from leaves(value, here)
        elif value != {}:
            yield here, value, known[name].annotation if name in known else None


def reference(name: str) -> dict[str, tuple[dict[str, Any], list[Any]]]:
    """Leaves of a joined series whose other values need a companion: (what else is set, values to try)."""
    at = f"data.references.{name}"
    index = {f"{at}.source.dataset": "sp500", f"{at}.field": "close", f"{at}.symbol": None}
    yields = {f"{at}.source.dataset": "corporate_yields", f"{at}.field": "value", f"{at}.max_age_days": 45}
    usual, other = ("BAA", "AAA") if name == "baa" else ("AAA", "BAA")
    series = {f"{at}.source.dataset": "wti", f"{at}.field": "value", f"{at}.symbol": None}
    return {
        f"{at}.source.dataset": (series, ["vix"]),
        f"{at}.field": (index, ["open"]),
        f"{at}.symbol": ({**yields, f"{at}.symbol": usual, f"{at}.lag_days": 7}, [other]),
        f"{at}.max_age_days": ({f"{at}.lag_days": 2}, [3, 11]),
    }


def worlds(**settings: dict[str, list[Any]]) -> dict[str, tuple[dict[str, Any], list[Any]]]:
    """Settings of scenarios that no shipped gate names, beside a gate that does."""
    survives = {"_target_": class_path(SurvivesScenario), "measure": "sharpe", "minimum": 0.0, "required": False}
    return {
        f"robustness.{name}.{leaf}": (
            {"gates.checks.survives": {**survives, "scenario": name, "min_share_kept": None}},
            values,
        )
        for name, leaves in settings.items()
        for leaf, values in leaves.items()
    }


# Settings that act only beside others: what else is set, for the base too, and the values to try.
BESIDE: dict[str, tuple[dict[str, Any], list[Any]]] = {
    "gates.checks.bearable_drawdown.maximum": ({"gates.checks.bearable_drawdown.minimum": -1.0}, [-0.9]),
    "data.universe_file": ({}, ["members.csv"]),
    **reference("vix"),
    **reference("aaa"),
    **reference("baa"),
    **worlds(other_rebalance_day={"every": [3], "offset": [1]}, a_symbol_stops={"symbol": ["AAPL"], "at_share": [0.3]}),
    **worlds(noisier_forecasts={"noise_share": [0.9]}, delayed_bars={"bars": [3]}),
    "gates.checks.survives_double_costs.scenario": ({}, ["one_bar_later"]),
    "gates.checks.survives_one_bar_of_delay.scenario": ({}, ["double_costs"]),
}
# Dates can only be stamps of dates: any other value is refused, since it would look ahead.
ONE_VALUE = ("data.references.vix.stamps", "data.references.aaa.stamps", "data.references.baa.stamps")
# Need a column that no bundled source has, intervals that no shipped experiment has, and symbols whose bars end:
# tests/unit/data/test_joined.py, tests/unit/gates/test_interval_coverage.py and tests/unit/backtest/test_delisting.py
# show that they act.
ELSEWHERE = (
    "backtest.delisting_bars",
    "backtest.delisting_haircut",
    "data.universe_field",
    "gates.checks.interval_coverage.required",
    "gates.checks.interval_coverage.tolerance",
    "baselines.har.model.features",  # a list of columns, and null means all of them
    "resources.folds",  # wants a cluster: tests/e2e/test_ray.py
    # Acts where its source cannot be had: tests/e2e/test_remote_sources.py.
    "data.fallback",
    "data.main.fallback",
    *(f"data.references.{name}.source.fallback" for name in ("vix", "aaa", "baa")),
    "hypothesis",  # both stand in the ledger's events: tests/unit/runner/recording/test_actors.py
    "parent",
    "gates.checks.interval_coverage.span",
    # Of networks, which no shipped experiment of bundled data fits.
    "resources.device",
    "resources.precision",
)
MEMBERS = "symbol,start,end\nsp500,1999-01-01,2016-12-31\n"


def others(path: str, value: Any, annotation: Any) -> list[Any]:
    """Other values that the setting may be given; some may be refused."""
    name = path.rsplit(".", 1)[-1]
    if choices := [choice for choice in literals(annotation) if choice != value]:
        return choices
    if name in TEXTS:
        return [text for text in TEXTS[name] if text != value]
    if isinstance(value, str):
        return [f"ref({value}, 1)"]
    if isinstance(value, bool):
        return [not value]
    if isinstance(value, list):
        return [value[:-1], [*value[:-1], 44]]
    if value is None:
        return [5, 0.01, 0.51, -0.9, 600]
    if isinstance(value, int):
        return [2 * value + 1, max(1, value // 4), value + 1, 15]
    return [value / 2 + 0.01, 2 * value + 0.1, value / 10, 0.6, 0.999, value - 1.0, value + 500]


def digest(overrides: list[str], cache: pipeline.Cache) -> str:
    """A hash of forecasts, weights, trades, equity and verdict, and of the exit code under enforce."""
    experiment, _ = configure(overrides)
    prepared = pipeline.prepare(experiment, cache)
    executed = pipeline.execute(experiment, prepared, cache)
    gathered = gather(experiment, prepared, executed, cache)
    tries = Given(key="alone", value=alone(gathered.evidence.value))
    evidence = complete(gathered, experiment, prepared, executed, cache, tries).value
    verdict = judge(evidence, gates=experiment.gates)
    if experiment.split.vault_start is not None and "vault" in experiment.gates.needs():
        everything = prepare_all(experiment, cache)
        looked = look(experiment, prepared, everything, cache, reused=False)
        opened = replace(evidence, metrics={**evidence.metrics, **looked.metrics}, vault=looked.vault)
        verdict = judge_vault(experiment.gates, opened, verdict)
    found = hashlib.sha256(json.dumps(verdict.to_json()).encode())
    found.update(str(experiment.gates.enforce and bool(verdict.failed(required=True))).encode())
    for table in (
        describe.forecast_frame(prepared, executed),
        describe.weight_frame(prepared, executed),
        describe.equity_frame(executed),
        executed.backtest.trades,
    ):
        found.update(pd.util.hash_pandas_object(table, index=False).to_numpy().tobytes())
    return found.hexdigest()


def changed(experiment: str, values: Mapping[str, Any]) -> list[str]:
    """The command line of an experiment of its own that inherits the shipped one and changes some leaves."""
    delta: dict[str, Any] = {}
    for path, value in values.items():
        *sections, leaf = path.split(".")
        place = delta
        for section in sections:
            place = place.setdefault(section, {})
        place[leaf] = value
    folder = Path("conf/experiment")
    folder.mkdir(parents=True, exist_ok=True)
    text = yaml.safe_dump({"defaults": [experiment], **delta}, sort_keys=False)
    (folder / "changed.yaml").write_text(f"# @package _global_\n{text}")
    return ["+experiment=changed"]


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> pipeline.Cache:
    folder = tmp_path_factory.mktemp("knobs")
    with Path(os.devnull).open("w") as sink:
        yield pipeline.open_cache(Places(outputs=folder), Console(sink))


@pytest.fixture(scope="module")
def base(cache: pipeline.Cache) -> Callable[[str], str]:
    return functools.cache(lambda experiment: digest([f"+experiment={experiment}"], cache))


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def settings() -> dict[str, list[tuple[str, Any, Any]]]:
    """path -> (experiment, value, annotation) of every experiment that has it.

    The settings of quality act on defects, which the shipped data does not have: their own tests have them.
    """
    found: dict[str, list[tuple[str, Any, Any]]] = {}
    for name in sorted(SHOWN, key=lambda name: not name.startswith("sp500")):  # those of one symbol take least
        for path, value, annotation in leaves(remembered([f"+experiment={name}"], compose).config):
            if not path.startswith("quality."):
                found.setdefault(path, []).append((name, value, annotation))
    return found


SETTINGS = settings()


def is_inert(path: str) -> bool:
    return path in INERT_LEAVES or path.split(".")[0] in INERT_SECTIONS


@pytest.mark.slow
@pytest.mark.parametrize("path", [path for path in SETTINGS if not is_inert(path) and path not in ELSEWHERE])
def test_does_something(path: str, cache: pipeline.Cache, base: Callable[[str], str]) -> None:
    Path("members.csv").write_text(MEMBERS)
    tried = []
    for experiment, value, annotation in SETTINGS[path]:
        beside, values = BESIDE.get(path, ({}, others(path, value, annotation)))
        before = digest(changed(experiment, beside), cache) if beside else base(experiment)
        for other in values:
            try:
                configure(changed(experiment, {**beside, path: other}))
            except ConfigError as error:
                tried.append(f"{experiment} {other!r}: {error}")
                continue
            try:
                after = digest(changed(experiment, {**beside, path: other}), cache)
            except DataError:
                return  # with this value nothing can be computed any more
            if after != before:
                return
            tried.append(f"{experiment} {other!r}: no effect")
    assert path in ONE_VALUE, f"{path} changes nothing: {tried}"
    assert not any("no effect" in line for line in tried)


@pytest.mark.slow
@pytest.mark.parametrize("path", [path for path in SETTINGS if is_inert(path) and path not in ELSEWHERE])
def test_inert_does_nothing(path: str, cache: pipeline.Cache, base: Callable[[str], str]) -> None:
    compared = 0
    for experiment, value, annotation in SETTINGS[path]:
        for other in [*others(path, value, annotation), "another"]:
            try:
                assert digest(changed(experiment, {path: other}), cache) == base(experiment)
            except AssayError:
                continue
            compared += 1
            break
    assert compared


def calibrations() -> list[tuple[str, str, str, Any]]:
    """(experiment, choice, dotted path, other value) of every setting of every calibration but none."""
    fitting = {"platt": "sp500_direction", "isotonic": "sp500_direction"}
    found = []
    for file in sorted(config_folder().glob("calibration/*.yaml")):
        experiment = fitting.get(file.stem, "sp500_volatility")
        for path, value, annotation in leaves(yaml.safe_load(file.read_text()), "calibration"):
            found.append((experiment, file.stem, path, others(path, value, annotation)[0]))
    return found


@pytest.mark.slow
@pytest.mark.parametrize(("experiment", "choice", "path", "other"), calibrations())
def test_a_setting_of_a_calibration_does_something(
    experiment: str, choice: str, path: str, other: Any, cache: pipeline.Cache, base: Callable[[str], str]
) -> None:
    chosen = [f"+experiment={experiment}", f"calibration={choice}"]
    before, after = digest(chosen, cache), digest([*chosen, f"{path}={other}"], cache)
    assert len({base(experiment), before, after}) == 3


def test_nothing_escapes_the_lists() -> None:
    assert len(SETTINGS) > 80
    assert {path.split(".")[0] for path in SETTINGS if is_inert(path)} == {
        "name",
        "resources",
        "tracking",
        "export",
        "debug",
    }
