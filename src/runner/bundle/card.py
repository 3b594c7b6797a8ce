"""The model card: what a bundle forecasts, on what evidence, and what was never tested."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from runner.bundle.promoted import defects, model_section, overruled, vault_section
from runner.bundle.recipe import Recipe

KINDS = {
    "level": "a quantity that is not traded itself",
    "return": "a move of the price",
    "direction": "the probability that it is 1 (up), between 0 and 1",
}
SURVIVORSHIP = {
    "free": "The data hold what was delisted, too.",
    "biased": "**The universe was picked with hindsight**: what failed or was delisted is missing, so "
    "results look better than they could have been.",
    "unknown": "**Whether the data still hold what was delisted is not known**: results may look better "
    "than they could have been.",
}
ADJUSTMENT = {
    "raw": "raw",
    "split": "adjusted for splits",
    "total": "adjusted for splits and dividends",
}
MEANS = {
    "rejected": "rejected by its gates",
    "candidate": "passed its required gates, which are not all that `strict` asks for on a vault nobody had seen",
    "hallmarked": "passed everything that `strict` asks for, on a vault that nobody had seen",
}
SIGNS = {">=": "≥ ", "<=": "≤ "}
STATUS = {"passed": "passed", "failed": "FAILED", "not_applicable": "not applicable", "deferred": "judged on the vault"}


def model_card(
    recipe: Recipe,
    *,
    name: str,
    version: int,
    run: Mapping[str, Any],
    gates: Mapping[str, Any],
    parity: Mapping[str, Any],
    promotion: Mapping[str, Any] | None = None,
) -> str:
    """Markdown for README.md; run, gates, parity and promotion as in `write_bundle`."""
    sections = [
        (f"# {name}, version {version}", f"{overruled(promotion)}{_summary(recipe)}"),
        ("## Data", _data(run["data"], recipe) + "\n" + defects(run.get("quality"), (promotion or {}).get("quality"))),
        ("## Verdict", _gates(run, gates)),
        *([("## Vault", vault_section(promotion))] if promotion else []),
        ("## Which model this is", model_section(promotion) if promotion else _model(run["folds"])),
        ("## Certificate", _certificate(parity)),
        ("## Variants", _variants(parity.get("variants", {}))),
        ("## Features", _features(recipe)),
        ("## Preprocessing", _preprocessing(recipe.preprocess)),
        ("## Calibration", _calibration(recipe.calibration)),
        ("## Use", _use(f"{name}@{version}", recipe)),
        ("## Origin", _origin(run)),
    ]
    return "\n\n".join(f"{title}\n\n{body}" for title, body in sections) + "\n"


def _summary(recipe: Recipe) -> str:
    if not recipe.hands_out_weights:
        return (
            f"Forecasts `{recipe.target}` over the next {_count(recipe.horizon_bars, 'bar')}: {KINDS[recipe.kind]}. "
            "It hands out forecasts and no weights: the portfolio failed, or there is none."
        )
    portfolio, unbound = recipe.portfolio["_target_"].rsplit(".", 1)[-1], "components.constraints.none.NoConstraints"
    bounded = "" if recipe.constraints["_target_"] == unbound else f", which `{_call(recipe.constraints)}` bounds"
    return (
        f"Forecasts `{recipe.target}` over the next {_count(recipe.horizon_bars, 'bar')}: "
        f"{KINDS[recipe.kind]}. The portfolio `{portfolio}` turns the forecasts into target weights{bounded}."
    )


def _data(data: Mapping[str, Any], recipe: Recipe) -> str:
    vault = data.get("vault_start")
    return _list(
        f"{data['description']} (`{data['identity']}`), {_count(data['n_symbols'], 'symbol')}, "
        f"{_count(data['n_rows'], 'bar')} from {data['first']} to {data['last']}, "
        f"{recipe.bars_per_year:.4g} bars a year",
        f"Bars from {vault} on lay in the vault: no figure of the run has seen them."
        if vault
        else "No vault: nothing was held back for a last test.",
        SURVIVORSHIP[data["survivorship"]],
        f"Prices: {ADJUSTMENT[data['adjustment']]}.",
        f"Fingerprint: `{data['fingerprint']}`",
    )


def _gates(run: Mapping[str, Any], gates: Mapping[str, Any]) -> str:
    trial = run.get("trial") or {}
    counted = (
        f" It was trial {trial['number']} of {trial['family_trials']} on this family of data."
        if trial.get("number") is not None
        else ""
    )
    rows = [
        (
            gate["name"] + ("" if gate["required"] else " (advisory)"),
            STATUS[gate["status"]],
            _number(gate["value"]),
            f"{SIGNS.get(gate.get('relation', ''), '')}{_number(gate['threshold'])}",
            gate["says"],
        )
        for gate in gates["gates"]
    ]
    return f"{_level(gates)}{counted}\n\n{_table(('gate', 'status', 'value', 'threshold', 'says'), rows)}"


def _level(gates: Mapping[str, Any]) -> str:
    """The level and both results."""
    level, better = str(gates.get("level", "candidate" if gates["passed"] else "rejected")), gates.get("no_better_than")
    results = f"Forecast: {gates.get('forecast', level)}; portfolio: {gates.get('portfolio', level)}."
    first = " ".join(gates.get("standing", {}).get("first", ()))
    compared = f" No better than its baseline `{better}`." if better else ""
    loosened = "; ".join(gates.get("loosened", ()))
    changed = f" The gates are not as shipped: {loosened}." if loosened else ""
    return f"**{level.capitalize()}: {MEANS[level]}.**{compared} {f'{first} ' if first else ''}{results}{changed}"


def _model(folds: Sequence[Mapping[str, Any]]) -> str:
    rows = [
        (
            str(fold["number"]),
            *(", ".join(f"{begin} to {end}" for begin, end in fold[span]) for span in ("train", "valid", "test")),
        )
        for fold in folds
    ]
    return (
        f"The model is the one that fold {folds[-1]['number']}, the last, fitted on its train span. Out of "
        "sample it was scored on that fold's test span alone; the figures of the verdict also hold those of "
        "the other folds' models, which are not in this bundle. It was not fitted again on later bars.\n\n"
        + _table(("fold", "train", "valid", "test"), rows)
    )


def _certificate(parity: Mapping[str, Any]) -> str:
    said = [
        f"Every fold's model went through the conversion that made this bundle's model. Replayed without the "
        f"training libraries, {_replayed(parity)} Tolerance: {parity['tolerance']}.",
        _table(
            ("fold", "from", "to", "forecasts", "missing", "largest difference", "orders", "differ"),
            [_fold(fold) for fold in parity.get("folds", ())],
        ),
        _stream(parity.get("stream", {"why_not": "not tried"})),
    ]
    if latency := parity.get("latency"):
        said.append(
            f"From {latency['what'].replace(', features included', '')} to its forecast, features included: "
            f"{latency['p50_us']:.0f} microseconds in the median, {latency['p99_us']:.0f} at the 99th percentile, "
            "on the machine that promoted it."
        )
    return "\n\n".join(said)


def _replayed(found: Mapping[str, Any]) -> str:
    outcome = "gave the same" if found["passed"] else "**did not give the same**"
    first = f" First difference: {found['first_divergence']}." if found.get("first_divergence") else ""
    return (
        f"the bars from {found['first']} to {found['last']} {outcome} {found['forecasts']} forecasts (largest "
        f"difference {_difference(found)}) and {found['orders']} orders ({found['differing_orders']} differ).{first}"
    )


def _fold(fold: Mapping[str, Any]) -> tuple[str, ...]:
    counts = ("orders", "differing_orders")
    named = (str(fold[key]) for key in ("fold", "first", "last", "forecasts", "missing_forecasts"))
    return (*named, _difference(fold), *(str(fold[key]) for key in counts))


def _difference(found: Mapping[str, Any]) -> str:
    largest = found["max_abs_difference"]
    return "-" if largest is None else format(largest, ".2g")


def _stream(stream: Mapping[str, Any]) -> str:
    if "why_not" in stream:
        return f"Bar by bar: not replayed: {stream['why_not']}."
    return f"Fed bar by bar, {_replayed(stream)}"


def _variants(variants: Mapping[str, Mapping[str, Any]]) -> str:
    header = ("variant", "orders that differ", "largest difference", "R2 of the original", "bytes", "graph alone", "")
    rows = [_variant(name, found) for name, found in variants.items() if "why_not" not in found]
    absent = [f"`{name}`: {found['why_not']}." for name, found in variants.items() if "why_not" in found]
    said = [_table(header, rows)] if rows else []
    if rows:
        said.append("Measured on the same bars as the certificate. Use: `predict --variant NAME`.")
    return "\n\n".join([*said, *([_list(*absent)] if absent else [])]) or "None."


def _variant(name: str, found: Mapping[str, Any]) -> tuple[str, ...]:
    return (
        f"`{name}`",
        f"{found['differing_orders']} of {found['orders']}",
        _difference(found),
        "-" if found["r2_of_original"] is None else f"{found['r2_of_original']:.6f}",
        f"{found['bytes']} of {found['bytes_of_original']}",
        f"{found['graph_p50_us']:.1f} of {found['graph_p50_us_of_original']:.1f} microseconds",
        "certified" if found["certified"] else "**not certified**",
    )


def _features(recipe: Recipe) -> str:
    rows = [
        (column, f"`{text}`", "yes" if column in recipe.inputs else "no") for column, text in recipe.expressions.items()
    ]
    return (
        "A row is forecast where all of these are finite, also those that the model does not read; where "
        "missing features are filled, a share of them may be missing.\n\n"
        + _table(("column", "expression", "read by the model"), rows)
    )


def _preprocessing(config: Mapping[str, Any] | None) -> str:
    if config is None or config["_target_"] == "components.preprocess.none.NoPreprocessing":
        return "None: the model reads the features as they are."
    steps = config.get("steps", [config])
    return "In this order, with what was learnt on the model's train rows; last_label passes unchanged.\n\n" + _list(
        *(f"`{_call(step)}`" for step in steps)
    )


def _calibration(calibration: Mapping[str, Any] | None) -> str:
    if calibration is None or calibration["settings"]["_target_"] == "components.calibration.none.NoCalibration":
        return "None: the forecasts are as the model makes them."
    return f"`{_call(calibration['settings'])}`, learnt from forecasts of rows that no model was trained on."


def _call(config: Mapping[str, Any]) -> str:
    settings = ", ".join(f"{name}={value!r}" for name, value in config.items() if name != "_target_")
    return f"{config['_target_'].rsplit('.', 1)[-1]}({settings})"


def _use(reference: str, recipe: Recipe) -> str:
    return (
        f"```\npython -m runner predict --bundle {reference} --data bars.csv\n```\n\n"
        f"bars.csv: columns timestamp, symbol, {', '.join(recipe.fields)}; sorted by symbol, then time; "
        f"at least {recipe.slowest[1]} bars of a symbol."
    )


def _origin(run: Mapping[str, Any]) -> str:
    git = run.get("git")
    commit = f"`{git['commit']}`{' with local changes' if git['dirty'] else ''}" if git else "unknown"
    versions = ", ".join(f"{name} {version}" for name, version in sorted(run.get("versions", {}).items()))
    return _list(
        f"Experiment `{run['experiment']}`, seed {run['seed']}, run `{run['run_id']}`",
        f"Run key: `{run['run_key']}`",
        f"Ledger head: `{run.get('ledger_head')}`",
        f"Git commit: {commit}",
        f"Versions: {versions or 'unknown'}",
    )


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.4g}"


def _list(*entries: str) -> str:
    return "\n".join(f"- {entry}" for entry in entries)


def _table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)
