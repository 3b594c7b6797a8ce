"""What a run came to, written into its folder: by the run itself, or later, for a trial that wrote only what judged
it."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from components.leaks.plausible import too_good
from components.values import Trials
from runner.compute.paths import median_path, path_sharpes
from runner.compute.pipeline import Executed, Prepared
from runner.compute.stage import Cache
from runner.console import Console
from runner.judging.judge import Judged
from runner.judging.junit import junit
from runner.judging.tries import tries_in_figures
from runner.judging.verdict import Verdict
from runner.promotion.promote import Promotion
from runner.promotion.words import say
from runner.recording.records import RunRecord
from runner.report import description
from runner.report.written import pictures_of
from runner.specification.experiment import Experiment


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What a run came to: its folder, its verdict, None where it was pruned, the exit code of the process, its state,
    and what came of promoting it, None where that was not tried."""

    folder: Path
    verdict: Verdict | None
    exit_code: int
    state: str
    promotion: Promotion | None = None

    def show(self, console: Console) -> None:
        """Figures, gates, verdict and paths, and what was promoted; nothing where it was pruned."""
        if self.verdict is not None:
            console.summary(self.folder)
        if self.promotion is not None:
            say(console, self.promotion)


def write_results(
    experiment: Experiment,
    record: RunRecord,
    prepared: Prepared,
    executed: Executed,
    judged: Judged,
    trials: Trials,
    cache: Cache,
) -> tuple[Mapping[str, bytes], list[str]]:
    """Everything that is known once a run is judged, but its report: its pictures, and what broke, a line each."""
    for name, data in description.tables(prepared, executed, cache).items():
        record.write_bytes(name, data)
    evidence = judged.evidence.value
    if evidence.leaks is not None:
        record.write_json("leaks.json", description.leaks(evidence.leaks))
    record.note({"too_good": too_good(evidence)})
    record.write_metrics(evidence.metrics)
    record.write_json("gates.json", judged.verdict.to_json())
    record.write_bytes("junit.xml", junit(str(record.manifest["experiment"]), judged.verdict))
    record.write_json("statistics.json", judged.figures)
    record.note({"judged": {"family_state": judged.state}})
    if experiment.constraints.binds:
        record.note({"constraints": description.constraints(executed.decided.value)})
    if executed.paths:
        accounts = [path.traded.value for path in executed.paths]
        sharpes = path_sharpes(accounts, periods=prepared.panel.bars_per_year)
        record.note({"paths": {"judged": median_path(accounts), "sharpe": sharpes}})
    record.note(
        {"tries": tries_in_figures(trials, experiment.target.kind), "stages": cache.times, "keys": keys_of(cache)}
    )
    images, undrawn = pictures_of(record.folder, str(record.manifest["run_key"]), cache)
    return images, [*judged.broken, *undrawn]


def keys_of(cache: Cache) -> dict[str, str]:
    """Of every stage: `store why` compares them."""
    return {name: stage.key for name, stage in cache.made.items()}
