"""The first experiment on a stranger's file of bars: what it holds, and what can be forecast from it."""

import itertools
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np

from components.contracts import Quality, Source
from components.errors import DataError
from components.panel import Panel
from components.tables.guess import guess
from components.tables.meaning import NOTHING_SAID, Said
from components.values import Finding
from runner.composition.build import build
from runner.composition.mending import needed
from runner.composition.places import config_files

FILES = "components.data.files.Files"
SCHEMA = ".schema.json"
"""Beside the experiment: by it an editor checks and completes the file."""
MIN_BARS = 200
MIN_RANKED_SYMBOLS = 8
MIN_VAULT_BARS = 600
MONTHLY_BARS = 800
"""Bars of a symbol below which a validation span is hardly longer than a label of 20."""

VAULT_SHARE = 0.15
SPACINGS = ((400, "yearly"), (80, "quarterly"), (25, "monthly"), (6, "weekly"), (0.9, "daily"))
GARMAN_KLASS = (
    "0.5 * log(high / low) ** 2 - 0.3862943611198906 * log(close / open) ** 2 + log(open / ref(close, 1)) ** 2"
)


@dataclass(frozen=True, kw_only=True)
class Plan:
    """An experiment for the data at hand: why it was chosen, its choices, and its values."""

    why: str
    choices: Mapping[str, str]
    values: Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class FirstExperiment:
    """text: of the experiment file; remarks: what was found in the data, one line each."""

    text: str
    remarks: tuple[str, ...]


def first_experiment(
    path: str, said: Said = NOTHING_SAID, quality: Mapping[str, Any] = MappingProxyType({})
) -> FirstExperiment:
    """Looks at a file, a folder or a pattern of bars; quality: settings of the quality policy that were asked for.

    All bars are checked for defects, those of the vault too: a defect says nothing of what can be forecast. Raises
    DataError where the files hold no bars, more defects than may be mended unasked, or too few bars for any forecast,
    and Ask where they can be read in several ways that are equally good.
    """
    found = guess(path, said)
    settings = {"_target_": FILES, **found.parameters}
    bars = build(Source, settings, path="data").bars()  # type: ignore[type-abstract]
    standard, mend = _settings("quality", "standard"), {**_settings("quality", "mend"), **quality}
    policy: Quality = build(Quality, mend, path="quality")  # type: ignore[type-abstract]
    panel, findings = policy.inspect(bars)
    mended = needed(findings, bars, standard=standard, mend=mend, asked=set(quality)) | dict(quality)
    refuse_few(path, panel)
    plan, vault_start = planned(panel), _vault_start(panel)
    remarks = [*found.remarks, *_facts(panel), *_findings(findings, mended), f"experiment: {plan.why}"]
    if vault_start is not None:
        remarks.append(f"vault: bars from {vault_start} on are kept aside")
    return FirstExperiment(text=experiment_text(found.parameters, mended, plan, vault_start), remarks=tuple(remarks))


def default_name(file: str) -> str:
    """The file's name as a name of an experiment."""
    stem = re.sub(r"[^A-Za-z0-9_]+", "_", Path(file).name.split(".")[0]).strip("_").lower() or "bars"
    return f"bars_{stem}" if is_value(stem) else stem


def is_value(name: str) -> bool:
    """Whether a command line reads a name as something else: a number, a truth, nothing."""
    try:
        float(name)
    except ValueError:
        return name.lower() in ("true", "false", "null")
    return not name.isdigit()


def _settings(slot: str, choice: str) -> Mapping[str, Any]:
    """What a choice file says."""
    import yaml

    settings: dict[str, Any] = yaml.safe_load(config_files(slot)[choice].read_text(encoding="utf-8"))
    return settings


def refuse_few(path: str, panel: Panel) -> None:
    """Raises DataError where there are too few bars for any forecast."""
    longest = int(np.diff(panel.offsets).max())
    if longest < MIN_BARS:
        raise DataError(
            f"{path}: the longest symbol has {longest} bars, an experiment needs at least {MIN_BARS}; give more of them"
        )


def planned(panel: Panel) -> Plan:
    """What can be forecast from these fields."""
    longest = int(np.diff(panel.offsets).max())
    has_volume = _is_positive(panel, "volume")
    if all(_is_positive(panel, price) for price in ("open", "high", "low")):
        return _volatility(has_volume, longest)
    if len(panel.symbols) >= MIN_RANKED_SYMBOLS:
        return _ranking(longest)
    return _direction(has_volume, longest)


def _is_positive(panel: Panel, field: str) -> bool:
    """Whether a field is there and nearly always above zero: a logarithm of it can be taken."""
    return field in panel.fields and bool((panel.fields[field] > 0).mean() > 0.95)


def _volatility(has_volume: bool, longest: int) -> Plan:
    expressions = {
        "log_variance_1": "log(variance + 1e-8)",
        "log_variance_{w}": "log(mean(variance, {w}) + 1e-8)",
        "return_1": "r",
        "drawdown_{w}": "close / max(close, {w}) - 1",
        "range_5": "max(log(high / low), 5)",
    }
    return Plan(
        why="open, high and low are there, so the variance of the next five bars is forecast",
        choices={
            "target": "log_realised_variance",
            "baselines": "volatility",
            "portfolio": "volatility_target",
            "gates": "regression",
        },
        values={
            "features": {
                "definitions": {"r": "log(close / ref(close, 1))", "variance": GARMAN_KLASS},
                "windows": _windows(longest, 5, 22, 66),
                "expressions": expressions | _volume_shock(has_volume),
            }
        },
    )


def _ranking(longest: int) -> Plan:
    expressions = {
        "momentum_{w}": "cs_rank(ref(close, 20) / ref(close, {w}))",
        "reversal_5": "cs_rank(close / ref(close, 5))",
        "risk_60": "cs_rank(std(close / ref(close, 1) - 1, 60))",
    }
    holding = 20 if longest >= MONTHLY_BARS else 5
    return Plan(
        why=f"many symbols, closes only: their returns of the next {holding} bars are ranked against each other",
        choices={
            "target": "forward_return",
            "baselines": "naive",
            "portfolio": "rank_long_short",
            "gates": "cross_section",
        },
        values={
            "features": {"windows": _windows(longest, 40, 120, 250), "expressions": expressions},
            "portfolio": {"holding_bars": holding},
            **({"target": {"horizon_bars": holding}} if holding != 20 else {}),
        },
    )


def _direction(has_volume: bool, longest: int) -> Plan:
    expressions = {"return_1": "close / ref(close, 1) - 1", "trend_{w}": "close / mean(close, {w}) - 1"}
    return Plan(
        why="closes only: the direction of the next bar is forecast (expect it to be rejected: it nearly always is)",
        choices={
            "target": "direction",
            "loss": "logistic",
            "baselines": "naive",
            "portfolio": "direction",
            "gates": "classification",
        },
        values={
            "features": {
                "windows": _windows(longest, 5, 20, 60),
                "expressions": expressions | _volume_shock(has_volume),
            }
        },
    )


def _windows(longest: int, *windows: int) -> list[int]:
    """Windows that leave most of the history for folds."""
    return [window for window in windows if window <= longest / 5] or [windows[0]]


def _volume_shock(has_volume: bool) -> dict[str, str]:
    return {"volume_shock": "log((volume + 1) / (mean(volume, 22) + 1))"} if has_volume else {}


def _facts(panel: Panel) -> list[str]:
    symbols = ", ".join(panel.symbols[:5]) + (", ..." if len(panel.symbols) > 5 else "")
    first, last = panel.dates_T[[0, -1]].astype("datetime64[D]")
    steps = np.concatenate([np.diff(panel.timestamps_R[a:b]) for a, b in itertools.pairwise(panel.offsets)])
    days = float(np.median(steps.astype("timedelta64[s]").astype(np.int64))) / 86_400 if len(steps) else 0.0
    spacing = next((word for limit, word in SPACINGS if days >= limit), f"every {days * 1440:g} minutes")
    count = "1 symbol" if len(panel.symbols) == 1 else f"{len(panel.symbols)} symbols"
    facts = [f"bars: {panel.n_rows:,} of {count} ({symbols}), {spacing}, {first} to {last}"]
    if days < 0.9:
        facts.append("times: taken as UTC and as the moment when a bar is complete; if not, see data=resampled")
    return facts


def _findings(findings: Sequence[Finding], mended: Mapping[str, Any]) -> list[str]:
    settings = {check: f" (quality.{check}={action})" for check, action in mended.items()}
    return [
        f"quality: {finding.check}: {finding.count:,} {finding.action}{settings.get(finding.check, '')}, "
        f"for example {finding.example}"
        for finding in findings
    ] or ["quality: every check passed"]


def _vault_start(panel: Panel) -> str | None:
    """The day from which on the last stretch is kept aside; null where all bars are needed."""
    if len(panel.dates_T) < MIN_VAULT_BARS:
        return None
    return str(panel.dates_T[-round(len(panel.dates_T) * VAULT_SHARE)].astype("datetime64[D]"))


def experiment_text(data: Mapping[str, Any], mended: Mapping[str, str], plan: Plan, vault_start: str | None) -> str:
    """The experiment file: only what differs from the choices it rests on."""
    import yaml

    choices = {"data": "files", "features": "expressions", **plan.choices}
    defaults = _settings("data", "files")
    sections: dict[str, Any] = {
        "defaults": [{f"override /{slot}": choice} for slot, choice in choices.items()],
        "data": {key: value for key, value in data.items() if key == "path" or value != defaults[key]},
        **({"quality": dict(mended)} if mended else {}),
        **plan.values,
        "split": {"vault_start": vault_start},
    }
    body = yaml.safe_dump(sections, sort_keys=False, allow_unicode=True, width=110)
    header = f"# @package _global_\n# yaml-language-server: $schema={SCHEMA}\n"
    return f"{header}# Written by `python -m runner init`: {plan.why}.\n{body}"
