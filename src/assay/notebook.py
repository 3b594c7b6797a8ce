"""Runs from Python: ask for one, load one, and have what it found as tables.

What is wrong is raised, as an AssayError with `problems` and `to_json()`, the same fields as on the command line.
"""

import io
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from runner.composition.configure import configure
from runner.recording.ledger import Ledger
from runner.recording.run_folder import RunFolder, find_run
from runner.report.told import told
from runner.specification.places import Places

if TYPE_CHECKING:
    import pandas as pd

OUTPUTS = Path("outputs")
SHOWN = ("status", "required", "value", "threshold", "says")


@dataclass(frozen=True, kw_only=True)
class Checked:
    """An experiment that could run: its name, slot -> choice, what a careful reader would want to know, and what its
    gates could show, one sentence each."""

    experiment: str
    choices: Mapping[str, str]
    notices: tuple[str, ...]
    provable: tuple[str, ...]

    def _repr_html_(self) -> str:
        rows = "".join(
            f"<tr><td>{escape(slot)}</td><td>{escape(name)}</td></tr>" for slot, name in self.choices.items()
        )
        said = "".join(f"<li>{escape(line)}</li>" for line in (*self.notices, *self.provable))
        return f"<b>{escape(self.experiment)}</b> could run.<table>{rows}</table><ul>{said}</ul>"


@dataclass(frozen=True)
class Run:
    """A run, read from its folder; tables are read when they are first asked for. Raises DataError where one is
    missing, as of a run that was cut off."""

    folder: Path

    @cached_property
    def fields(self) -> Mapping[str, Any]:
        """All that `show RUN --json` tells, see docs/machines.md."""
        return told(self.folder)

    @property
    def id(self) -> str:
        """As every verb takes it."""
        return str(self.fields["run"])

    @property
    def level(self) -> str | None:
        """rejected, candidate or hallmarked; None where there is no verdict."""
        level: str | None = self.fields["level"]
        return level

    @property
    def passed(self) -> bool:
        """Whether no required gate failed and the forecast or the portfolio showed skill."""
        return bool(self.fields["passed"])

    @cached_property
    def config(self) -> dict[str, Any]:
        """The resolved configuration."""
        import yaml

        config: dict[str, Any] = yaml.safe_load(self._read.config)
        return config

    @property
    def forecasts(self) -> "pd.DataFrame":
        """fold, span, timestamp, symbol, forecast, target, label_end and `baseline/NAME`; lower, upper where there are
        intervals. One row a bar of a validation or test span; forecast is NaN where none can be made."""
        return self._read.forecasts

    @property
    def weights(self) -> "pd.DataFrame":
        """Target weights, as shares of equity: one row a decision and symbol."""
        return self._read.weights

    @property
    def trades(self) -> "pd.DataFrame":
        """One row a fill."""
        return self._read.trades

    @property
    def equity(self) -> "pd.DataFrame":
        """One row a bar of the account, by time."""
        return self._read.equity

    @cached_property
    def gates(self) -> "pd.DataFrame":
        """By name: status, required, value, threshold and what it says."""
        import pandas as pd

        gates = self.fields["gates"]
        return pd.DataFrame([{name: gate[name] for name in SHOWN} for gate in gates], index=[g["name"] for g in gates])

    @cached_property
    def metrics(self) -> "pd.Series[float]":
        """Every figure by its flat name, as backtest/sharpe or test/r2; NaN where it is undefined."""
        import pandas as pd

        return pd.Series(self.fields["metrics"], dtype="float64", name=self.id)

    @cached_property
    def events(self) -> "pd.DataFrame":
        """events.jsonl: what happened while it ran, a row each."""
        import pandas as pd

        text = (self.folder / "events.jsonl").read_text(encoding="utf-8")
        return pd.DataFrame([json.loads(line) for line in text.splitlines()])

    @cached_property
    def verdict(self) -> str:
        """What the gates together decided, in a sentence, and why, a line each."""
        from runner.report.promotion import judged
        from runner.report.words import words

        said = words(self._read.manifest, judged(self._read))
        return "\n".join([f"{said.word}: {said.headline}", *said.reasons])

    def tag(self, *words: str) -> None:
        """Marks it with words by which `runs` finds it."""
        from runner.recording.keeping import tag

        tag(self.folder, Ledger.open(), added=words)

    def note(self, text: str) -> None:
        """Writes a sentence beside it."""
        from runner.recording.keeping import note

        note(self.folder, Ledger.open(), text)

    def compare(self, other: "Run") -> "pd.DataFrame":
        """Settings and gates in which the two differ, and the figures of both: a row each, a column a run."""
        import pandas as pd

        from runner.report.listed import compared

        found = compared(self.folder, other.folder)
        rows = {(part, name): pair for part in ("settings", "gates", "metrics") for name, pair in found[part].items()}
        index = pd.MultiIndex.from_tuples(rows, names=["part", "name"])
        return pd.DataFrame(list(rows.values()), index=index, columns=[self.id, other.id])

    @cached_property
    def _read(self) -> RunFolder:
        return RunFolder.open(self.folder)

    def __repr__(self) -> str:
        return f"Run({self.id!r}, {self.fields['experiment']}: {self.level or self.fields['state']})"

    def _repr_html_(self) -> str:
        said = [escape(line) for line in self.verdict.splitlines()]
        gates = self.gates.to_html(float_format=lambda value: f"{value:.4g}", na_rep="", border=0)
        return f"<b>{said[0]}</b><ul>{''.join(f'<li>{line}</li>' for line in said[1:])}</ul>{gates}"


def check(experiment: str, *overrides: str, settings: Mapping[str, object] | None = None) -> Checked:
    """Checks an experiment without reading any data. See `run` for the arguments. Raises ConfigError with every
    problem."""
    from runner.judging.reach import reach_of

    made, composed = configure(asked(experiment, overrides, settings or {}))
    return Checked(
        experiment=made.name,
        choices=dict(composed.choices),
        notices=composed.notices,
        provable=reach_of(made),
    )


def run(
    experiment: str,
    *overrides: str,
    settings: Mapping[str, object] | None = None,
    outputs: str | Path = OUTPUTS,
    quiet: bool = True,
) -> Run:
    """Runs an experiment, as `python -m runner +experiment=NAME OVERRIDES` does: a trial of the ledger, a run folder.

    experiment: a file of conf/experiment/; overrides: as on the command line, `model=ridge`, `debug=fast`; settings:
    the same as values, by dotted path; outputs: where runs lie; quiet: False shows stages as they go.
    Raises AssayError: ConfigError and DataError where something is to be mended.
    """
    from runner.console import Console
    from runner.run import run_experiment
    from runner.tracking.deliver import deliver

    made, composed = configure(asked(experiment, overrides, settings or {}))
    console, places = Console(io.StringIO() if quiet else None), Places(outputs=Path(outputs))
    try:
        return Run(run_experiment(made, composed, console, places).folder)
    finally:
        deliver(places.outputs, made.tracking)


def load(run: str | Path = "latest", *, outputs: str | Path = OUTPUTS) -> Run:
    """A run by its folder, its id or the beginning of it, or latest. Raises ConfigError where there is none."""
    return Run(find_run(str(run), Path(outputs)))


def runs(*where: str, sort: str | None = None, archived: bool = False, outputs: str | Path = OUTPUTS) -> "pd.DataFrame":
    """Every run by its id, the newest first: choices by slot, level, tags and figures; portfolio is what became of it.

    where: conditions that hold together, `level=candidate`, `sharpe>0.5`, `tag=paper`; sort: a figure, the best first,
    or a field. Raises ConfigError for a condition or a key that makes no sense.
    """
    import pandas as pd

    from runner.recording.keeping import marks
    from runner.report.listed import chosen, ordered, rows

    found = chosen(rows(Path(outputs), marks(Ledger.open()), archived=archived), where)
    found = ordered(found, sort) if sort else found
    plain = ("experiment", "state", "level", "forecast", "portfolio", "debug", "started", "tags")
    table = [{**row["choices"], **{name: row[name] for name in plain}, **row["metrics"]} for row in found]
    return pd.DataFrame(table, index=pd.Index([row["run"] for row in found], name="run", dtype=object))


def asked(experiment: str, overrides: Sequence[str], settings: Mapping[str, object]) -> list[str]:
    """The command line that says the same."""
    return [f"+experiment={experiment}", *overrides, *(f"{path}={_written(value)}" for path, value in settings.items())]


def _written(value: object) -> str:
    """A value in the grammar of overrides."""
    match value:
        case None:
            return "null"
        case bool():
            return str(value).lower()
        case int() | float():
            return repr(value)
        case Mapping():
            return "{" + ",".join(f"{key}:{_written(item)}" for key, item in value.items()) + "}"
        case list() | tuple():
            return "[" + ",".join(map(_written, value)) + "]"
    # Backslashes are doubled before a quote alone.
    text = re.sub(r"(\\*)('|$)", lambda found: found[1] * 2 + ("\\'" if found[2] else ""), str(value))
    return f"'{text}'"
