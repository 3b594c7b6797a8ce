"""Rewrites the generated blocks of README.md, of docs and of experiments/*/README.md, most from run manifests.

    python tools/docs.py [PAGE ...] [--outputs outputs] [--check]

Each page is a study with runs of its own under outputs/studies/, see `tools/runs.py`.

A block stands between `<!-- generated: NAME ... -->` and `<!-- end -->`. --check changes nothing and
exits 1 if a block would change.
"""

import argparse
import json
import re
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from runner.composition.guide import listing
from runner.recording.events import KINDS
from runner.verbs.schema import answers

ROOT = Path(__file__).resolve().parents[1]
BLOCK = re.compile(r"(<!-- generated: (?P<call>[^>]*?) -->\n).*?(<!-- end -->)", re.DOTALL)


STUDIES = (ROOT / "README.md", *sorted((ROOT / "experiments").glob("*/README.md")))
"""Pages whose figures come from runs."""
PAGES = (*STUDIES, ROOT / "docs" / "machines.md", ROOT / "docs" / "scaling.md")


def outputs_of(page: Path, outputs: Path) -> Path:
    """Where the runs of a page lie: of the README, and of each study by its name."""
    return outputs / "studies" / ("readme" if page.parent == ROOT else page.parent.name) / "outputs"


def latest_run(outputs: Path, experiment: str, overrides: Sequence[str] = ()) -> Path:
    """The last finished run of an experiment with exactly these overrides; tracking and export do not count."""
    finished = [
        folder
        for folder in sorted((outputs / "runs" / experiment).glob("*"))
        if (folder / "gates.json").is_file()
        and read(folder, "manifest")["state"] == "finished"
        and _varied(read(folder, "manifest")["overrides"]) == sorted(overrides)
    ]
    if not finished:
        said = " ".join([f"+experiment={experiment}", *overrides])
        raise SystemExit(f"{outputs}/runs: no finished run of {said}; run it first (make docs does)")
    return finished[-1]


def _varied(overrides: Sequence[str]) -> list[str]:
    unimportant = ("experiment=", "+experiment=", "tracking=", "export=")
    return sorted(override for override in overrides if not override.startswith(unimportant))


def read(run: Path, name: str) -> Any:
    return json.loads((run / f"{name}.json").read_text())


def number(value: float | None, form: str) -> str:
    return "–" if value is None else format(value, form).replace("-", "−")


def table(header: list[str], rows: list[list[str]]) -> str:
    lines = [header, ["---"] * len(header), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def results(outputs: Path, *experiments: str) -> str:
    """One line an experiment: level, what became of the portfolio, the figure that is gated beside its baseline."""
    rows = []
    for name in experiments:
        run = latest_run(outputs, name)
        metrics, gates = read(run, "metrics"), read(run, "gates")
        required = [gate for gate in gates["gates"] if gate["required"] and gate["status"] in ("passed", "failed")]
        passed = sum(gate["status"] == "passed" for gate in required)
        rows.append(
            [
                f"`{name}`",
                level(gates),
                f"{passed} of {len(required)}",
                gates["portfolio"],
                headline(metrics),
                number(metrics["backtest/sharpe"], ".2f"),
                number(metrics["benchmark/sharpe"], ".2f"),
                number(metrics["backtest/max_drawdown"], ".0%"),
            ]
        )
    header = ["experiment", "verdict", "required gates passed", "portfolio", "out-of-sample skill"]
    return table([*header, "Sharpe, net", "Sharpe, index at equal exposure", "drawdown"], rows)


def level(gates: dict[str, Any]) -> str:
    """The level, and the baseline that the forecast is not shown to beat."""
    found = gates["level"] if gates["level"] == "rejected" else f"**{gates['level']}**"
    return f"{found}, no better than {gates['offers']}" if gates["offers"] else found


def headline(metrics: dict[str, float | None]) -> str:
    if "test/accuracy" in metrics:
        return (
            f"{number(metrics['test/accuracy'], '.1%')} direction, base rate {number(metrics['test/base_rate'], '.1%')}"
        )
    if metrics.get("test/rank_ic") is not None:
        return f"rank IC {number(metrics['test/rank_ic'], '.3f')} (t = {number(metrics['test/rank_ic_t'], '.1f')})"
    rivals = [
        f"{key.split('/')[1]} {number(value, '.3f')}"
        for key, value in metrics.items()
        if re.fullmatch("test/[^/]+/r2", key)
    ]
    return f"R² {number(metrics['test/r2'], '.3f')} ({', '.join(rivals)})"


def gates(outputs: Path, experiment: str) -> str:
    """Every gate of one experiment with what it says."""
    marks = {"passed": "passed", "failed": "**failed**", "not_applicable": "not applicable", "deferred": "at promotion"}
    rows = [
        [
            f"`{gate['name']}`",
            "required" if gate["required"] else "advisory",
            marks[gate["status"]],
            gate["says"],
        ]
        for gate in read(latest_run(outputs, experiment), "gates")["gates"]
    ]
    return table(["gate", "", "", "says"], rows)


def components(outputs: Path) -> str:
    """Every choice of every slot and every class that no file of its own configures, with one line on it."""
    del outputs
    rows = [
        [f"`{slot}`", f"`{name}`", text.replace("|", "\\|")]
        for slot, lines in listing().items()
        for name, text in lines
    ]
    return table(["slot", "choice", "what it is"], rows)


def variants(outputs: Path, experiment: str, *choices: str) -> str:
    """One line a variant of an experiment, each `override` or `a+b` of several; `-` is the experiment itself."""
    rows = []
    for choice in choices:
        overrides = [] if choice == "-" else choice.split("+")
        run = latest_run(outputs, experiment, overrides)
        metrics, gates = read(run, "metrics"), read(run, "gates")
        beaten = next(gate for gate in gates["gates"] if gate["name"] == "beats_last_value")
        rows.append(
            [
                f"`{' '.join(overrides)}`" if overrides else "as shipped",
                number(metrics["valid/r2"], ".3f"),
                number(metrics["test/r2"], ".3f"),
                number(beaten["value"], ".3f"),
                level(gates),
            ]
        )
    return table(["variant", "R² valid", "R² test", "p, better than last value", "verdict"], rows)


def promoted_noise(outputs: Path, study: str) -> str:
    """How often the strict gates, and simpler rules, promoted the best of worthless tries; exact 95 % intervals."""
    del outputs
    rules = ("promoted", "best_backtest", "published_dsr")
    rows = [
        [
            cell["name"],
            f"{cell['users']:,}",
            *(f"{share(cell[rule], cell['users'])} ({interval(cell[rule], cell['users'])})" for rule in rules),
        ]
        for cell in study_results(study)["noise"]
    ]
    return table(["tries that know nothing", "people", "`gates=strict`", "best backtest, PSR 95 %", "DSR"], rows)


def promoted_many(outputs: Path, study: str) -> str:
    """The same where several of the tries know something."""
    del outputs
    rules = ("promoted", "best_backtest", "published_dsr")
    rows = [
        [
            cell["name"],
            f"{cell['users']:,}",
            *(f"{share(cell[rule], cell['users'])} ({interval(cell[rule], cell['users'])})" for rule in rules),
        ]
        for cell in study_results(study)["many"]
    ]
    return table(["truth", "people", "`gates=strict`", "best backtest, PSR 95 %", "DSR"], rows)


def power(outputs: Path, study: str, *numbers: str) -> str:
    """How often the one real try of many was the best and promoted, beside the best test; of these numbers of tries."""
    del outputs
    cells = study_results(study)["power"]
    tries = [int(number) for number in numbers] or sorted({cell["tries"] for cell in cells})
    rows = []
    for sharpe, years in sorted({(cell["sharpe"], cell["years"]) for cell in cells}):
        of = {cell["tries"]: cell for cell in cells if (cell["sharpe"], cell["years"]) == (sharpe, years)}
        rows.append([f"{sharpe:g}", f"{years}", *(_found(of[n]) for n in tries)])
    header = ["Sharpe ratio", "years", *("the only try" if n == 1 else f"one of {n}" for n in tries)]
    return table(header, rows)


def _found(cell: dict[str, Any]) -> str:
    rate = f"{share(cell['promoted'], cell['users'])} ({interval(cell['promoted'], cell['users'])})"
    return f"{rate}; {cell['best_test']:.1%}"


def guards(outputs: Path, study: str) -> str:
    """Of those that the judge of skill let pass: how many each other required gate rejected."""
    del outputs
    results = study_results(study)
    cells: list[tuple[str, dict[str, Any]]] = [
        *((f"noise: {cell['name']}", cell) for cell in results["noise"]),
        *((cell["name"], cell) for cell in results["many"]),
        *((f"Sharpe {s:g}, one of many", _together(results["power"], s)) for s in _sharpes(results["power"])),
    ]
    names = list(dict.fromkeys(name for _, cell in cells for name in cell["rejections_of_skilled"]))
    rows = [
        [title, f"{cell['skilled']:,}", *(f"{cell['rejections_of_skilled'].get(name, 0):,}" for name in names)]
        for title, cell in cells
    ]
    return table(["truth", "passed `superior_ability`", *(f"`{name}`" for name in names)], rows)


def _sharpes(cells: list[dict[str, Any]]) -> list[float]:
    return sorted({cell["sharpe"] for cell in cells})


def _together(cells: list[dict[str, Any]], sharpe: float) -> dict[str, Any]:
    of = [cell for cell in cells if cell["sharpe"] == sharpe]
    names = dict.fromkeys(name for cell in of for name in cell["rejections_of_skilled"])
    rejected = {name: sum(cell["rejections_of_skilled"].get(name, 0) for cell in of) for name in names}
    return {"skilled": sum(cell["skilled"] for cell in of), "rejections_of_skilled": rejected}


def study_results(study: str) -> Any:
    return json.loads((ROOT / "experiments" / study / "results.json").read_text(encoding="utf-8"))


def share(count: int, total: int) -> str:
    return f"{count / total:.1%}"


def ranked(outputs: Path, study: str) -> str:
    """How p-values of null worlds are spread on markets of which the truth is known; exact 95 % intervals."""
    del outputs
    rows = []
    for market, cell in study_results(study).items():
        for name, found in cell["figures"].items():
            below = round(found["below_0.05"] * found["markets"])
            shown = f"{share(below, found['markets'])} ({interval(below, found['markets'])})"
            rows.append([market, f"`{name}`", str(found["markets"]), f"{found['ks_p']:.2f}", shown])
    return table(["markets", "figure", "n", "Kolmogorov-Smirnov p", "p-values of at most 5 %"], rows)


def interval(count: int, total: int) -> str:
    """Exact (Clopper-Pearson) 95 % interval of a share."""
    from scipy.stats import beta

    low = beta.ppf(0.025, count, total - count + 1) if count else 0.0
    high = beta.ppf(0.975, count + 1, total - count) if count < total else 1.0
    return f"{low:.1%} to {high:.1%}"


def contract(outputs: Path, part: str) -> str:
    """A table of the contract for programs: of `answer`, `error`, `event`, or of the answers of all `verbs`."""
    del outputs
    schema = answers()["$defs"]
    if part == "event":
        return table(["event", "holds"], [[f"`{kind}`", fields] for kind, fields in KINDS.items()])
    if part != "verbs":
        return _fields(schema[part]["properties"])
    others = [name for name in schema if name not in ("answer", "error", "event")]
    return "\n".join(f"### {name}\n\n{_fields(schema[name]['properties'])}" for name in others)


def _fields(properties: dict[str, Any]) -> str:
    rows = []
    for name, field in properties.items():
        kind = field.get("type", "")
        kinds = " or ".join(kind) if isinstance(kind, list) else kind
        if name != "verb" or "const" not in field:
            rows.append([f"`{name}`", kinds, field.get("description", "")])
    return table(["field", "type", "what it is"], rows)


SYMBOLS_OF_ALL = 5000


def launchers(outputs: Path) -> str:
    """What each launcher took, as tests/benchmarks/scaling.py measured it."""
    del outputs
    rows = [
        [line["name"].removeprefix("launcher "), *(f"{line[name]:.0f}" for name in ("begins_s", "between_ms", "load"))]
        for line in _measured()
        if "begins_s" in line
    ]
    header = ["launcher", "until the first trial, s", "between two trials, ms", "load of the machine meanwhile"]
    return table(header, rows)


def scaling(outputs: Path) -> str:
    """What a trial took by its rows, and 1,000 of them on 5,000 symbols on the line through them."""
    del outputs
    cells = [line for line in _measured() if "rows" in line]
    kinds = ("processor_s", "memory_mb", "store_mb")
    rows = [
        [
            line["name"],
            f"{line['rows']:,}",
            *(f"{line[f'{when}_{kind}']:,.0f}" for when in ("first", "next") for kind in kinds),
        ]
        for line in cells
    ]
    small, large = cells
    rows_of_all = SYMBOLS_OF_ALL * large["rows"] // int(large["name"].split()[0])
    beyond = (rows_of_all - large["rows"]) / (large["rows"] - small["rows"])

    def of_all(name: str) -> float:
        return float(large[name] + beyond * max(0.0, large[name] - small[name]))

    hours = (of_all("first_processor_s") + 999 * of_all("next_processor_s")) / 3600
    disk = (of_all("first_store_mb") + 999 * of_all("next_store_mb")) / 1e6
    grown = [f"{of_all(f'{when}_{kind}'):,.0f}" for when in ("first", "next") for kind in kinds]
    rows.append([f"{SYMBOLS_OF_ALL:,} symbols, on the line through both", f"{rows_of_all:,}", *grown])
    header = ["panel", "rows", *(f"{when}: {what}" for when in ("first", "next") for what in ("s", "MB", "MB stored"))]
    says = (
        f"1,000 trials: {hours:,.0f} processor hours, {hours / 64:,.0f} hours on 64 workers, {disk:,.1f} TB of store."
    )
    return f"{table(header, rows)}\n{says}\n"


def _measured() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(
        (ROOT / "tests/benchmarks/results/scaling.json").read_text(encoding="utf-8")
    )
    return found


GENERATORS: dict[str, Callable[..., str]] = {
    "results": results,
    "gates": gates,
    "variants": variants,
    "components": components,
    "contract": contract,
    "promoted_noise": promoted_noise,
    "ranked": ranked,
    "promoted_many": promoted_many,
    "power": power,
    "guards": guards,
    "launchers": launchers,
    "scaling": scaling,
}


def rewritten(text: str, outputs: Path) -> str:
    def block(match: re.Match[str]) -> str:
        name, *arguments = match["call"].split()
        return f"{match[1]}{GENERATORS[name](outputs, *arguments)}{match[3]}"

    return BLOCK.sub(block, text)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("pages", nargs="*", type=Path, default=PAGES, metavar="PAGE", help="default: all")
    parser.add_argument("--outputs", type=Path, default=Path("outputs"))
    parser.add_argument("--check", action="store_true")
    arguments = parser.parse_args()
    stale = []
    for path in (page.resolve() for page in arguments.pages):
        old = path.read_text(encoding="utf-8")
        new = rewritten(old, outputs_of(path, arguments.outputs))
        if new != old:
            stale.append(path.relative_to(ROOT))
            if not arguments.check:
                path.write_text(new, encoding="utf-8")
    for path in stale:
        print(f"{path}: {'stale: run make docs' if arguments.check else 'rewritten'}")
    return 1 if arguments.check and stale else 0


if __name__ == "__main__":
    sys.exit(main())
