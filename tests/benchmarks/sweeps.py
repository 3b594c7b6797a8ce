"""What a sweep adds to the fits of its trials.

    python tests/benchmarks/sweeps.py [TRIALS]

Prints one JSON line a figure. Processor time where nothing else is said; run it on an idle machine. The bars: overhead
of a trial beyond fit, predict, backtest, figures and gates 10 ms and two syncs; 12 ridge trials 2.5 x (one `check` and
a bare loop of the same fits); 90 % of the trials a minute of a hand-written loop that writes the same files; two
workers 0.9 x the gain of two such loops; memory flat within 5 % after the tenth trial; a change of the backtest alone
20 x faster than the first run.
"""

import hashlib
import io
import json
import os
import re
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any

EXPERIMENT = ("+experiment=sp500_volatility", "model=ridge", "tracking=none")
WORK = ("fit_fold", "decide_weights", "trade", "trade_benchmark")
JUDGING = ("figures_of", "evidence_of", "conclude_so_far")


def line(name: str, **figures: Any) -> None:
    rounded = {key: round(value, 4) if isinstance(value, float) else value for key, value in figures.items()}
    print(json.dumps({"name": name, **rounded}), flush=True)


def penalties(n: int, first: int = 1) -> str:
    return f"model.penalty={','.join(f'{first + i}.5' for i in range(n))}"


def memory() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


@contextmanager
def timed() -> Iterator[tuple[dict[str, float], list[float], list[int]]]:
    """Processor seconds by stage, those of whole trials, and bytes in memory after each."""
    from runner import job
    from runner.compute.stage import Cache
    from runner.sweeps import worker

    spent, trials, sizes = defaultdict[str, float](float), list[float](), list[int]()

    def measured(name: str, fn: Callable[..., Any]) -> Callable[..., Any]:
        def call(*given: Any, **named: Any) -> Any:
            began = time.process_time()
            try:
                return fn(*given, **named)
            finally:
                spent[name] += time.process_time() - began

        return call

    keeping, concluding, running = Cache._worth_keeping, job.conclude_so_far, worker.run_trial

    def kept(self: Cache, key: str, name: str, call: Any, form: Any, origin: Any, *, lasting: bool) -> Any:
        return keeping(self, key, name, measured(name, call), form, origin, lasting=lasting)

    def ran(*given: Any) -> Any:
        if len(trials) == worker.WARM:
            spent.clear()
        began = time.process_time()
        ending = running(*given)
        trials.append(time.process_time() - began)
        sizes.append(memory())
        return ending

    Cache._worth_keeping = kept  # type: ignore[method-assign, assignment]
    job.conclude_so_far = measured("conclude_so_far", concluding)
    worker.run_trial = ran
    try:
        yield spent, trials, sizes
    finally:
        Cache._worth_keeping, job.conclude_so_far, worker.run_trial = keeping, concluding, running  # type: ignore[method-assign]


def swept(*overrides: str) -> float:
    """Wall seconds of a sweep in this process."""
    from runner.sweeps.sweep import sweep

    began = time.perf_counter()
    with redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):
        sweep([*EXPERIMENT, *overrides, "sweep.judged=0"])
    return time.perf_counter() - began


def overhead(n: int) -> None:
    from runner.sweeps.worker import WARM

    with timed() as (spent, trials, sizes):
        swept(penalties(n))
    of = len(trials) - WARM
    work, judging = (1e3 * sum(spent[name] for name in names) / of for names in (WORK, JUDGING))
    whole = 1e3 * sum(trials[WARM:]) / of
    line("a trial", trials=of, ms=whole, fit_predict_backtest_ms=work, judging_ms=judging,
         overhead_ms=whole - work - judging)  # fmt: skip
    if n > 20:
        line("memory", trials=n, megabytes=sizes[9] / 1e6, growth=max(sizes[10:]) / sizes[9] - 1)


def syncs() -> None:
    """Syncs a trial: those of 14 trials less those of 4, by strace."""
    if shutil.which("strace") is None:
        line("syncs", trial=None)
        return
    counts = []
    for n in (4, 14):
        with tempfile.TemporaryDirectory() as folder:
            command = [sys.executable, "-m", "runner", "-m", *EXPERIMENT, penalties(n), "sweep.judged=0"]
            report = Path(folder) / "strace"
            subprocess.run(
                ["strace", "-f", "-c", "-o", report, "-e", "trace=fsync,fdatasync", *command],
                cwd=folder, check=True, capture_output=True, env=environment(folder),
            )  # fmt: skip
            found = re.findall(r"^\s*[\d.]+\s+[\d.]+\s+\d+\s+(\d+).*f(?:data)?sync$", report.read_text(), re.MULTILINE)
            counts.append(sum(map(int, found)))
    line("syncs", trial=(counts[1] - counts[0]) / 10, of_the_sweep=counts[0] - 4 * (counts[1] - counts[0]) / 10)


def environment(folder: str) -> dict[str, str]:
    return {**os.environ, "ASSAY_LEDGER": f"{folder}/ledger.sqlite", "OMP_WAIT_POLICY": "passive"}


def process(folder: str, *arguments: str) -> float:
    """Wall seconds of a command."""
    began = time.perf_counter()
    subprocess.run([sys.executable, *arguments], cwd=folder, check=True, capture_output=True, env=environment(folder))
    return time.perf_counter() - began


def pace(run: Callable[[int], float]) -> tuple[float, float]:
    """Trials a minute, and processor milliseconds a trial: of 65 trials less those of 5."""
    walls, spent = [], [children()]
    for n in (5, 65):
        walls.append(run(n))
        spent.append(children())
    few, many = spent[1] - spent[0], spent[2] - spent[1]
    return 60 * 60 / (walls[1] - walls[0]), 1e3 * (many - few) / 60


def children() -> float:
    """Processor seconds of the processes that this one waited for."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def bare(n: int, *, writes: bool) -> None:
    """The loop that somebody would write by hand: the same fits, and, if it writes, an Optuna study in memory, the
    same accounts, figures and gates by plain calls, the same files, and a synced line of what every trial came to.

    Nothing is looked up, kept in a store or checked; what no trial changes is computed once.
    """
    from dataclasses import replace

    import optuna

    from runner.composition.configure import configure
    from runner.compute import pipeline
    from runner.compute.fit_fold import walk_forward
    from runner.compute.stage import Cache
    from runner.compute.threads import one_thread_of_blas
    from runner.compute.told import Timed
    from runner.specification.places import HERE
    from runner.storage.store import Store

    experiment, composed = configure([*EXPERIMENT, "model.penalty=1.0"])
    cache = Cache(store=Store(HERE.store), progress=Timed())
    prepared = pipeline.prepare(experiment, cache)
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=0), direction="maximize")
    baselines = {name: each.value for name, each in pipeline.execute(experiment, prepared, cache).rivals.items()}
    design, folder, texts = prepared.design(experiment), Path("by_hand"), dict[str, str]()
    folder.mkdir()
    with one_thread_of_blas(), (folder / "trials.jsonl").open("a") as notes:
        for number in range(n):
            trial = study.ask()
            penalty = trial.suggest_float("penalty", 0.1, 100.0, log=True)
            model = replace(experiment.model, penalty=penalty)  # type: ignore[call-arg]
            forecasts, _ = walk_forward(
                model, experiment.loss, prepared.folds, design, seed=0, resources=experiment.resources.for_one_of(8)
            )
            if not writes:
                continue
            metrics, verdict = judged(experiment, prepared, forecasts, baselines)
            study.tell(trial, metrics["valid/r2"])
            config = {**composed.config, "model": {**composed.config["model"], "penalty": penalty}}
            write(folder / str(number), config, metrics, verdict, texts)
            print(json.dumps({"penalty": penalty, "metrics": metrics}), file=notes, flush=True)
            os.fsync(notes.fileno())


def judged(experiment: Any, prepared: Any, forecasts: Any, baselines: Any) -> tuple[dict[str, float], Any]:
    """Figures and verdict of forecasts."""
    from runner.composition.figures import metrics as known_metrics
    from runner.compute.decisions import decide_weights, trade, trade_benchmark
    from runner.compute.stage import Given
    from runner.judging.evidence import Gathered, evidence_of, figures_of
    from runner.judging.judge import conclude_so_far
    from runner.judging.scored import scored

    panel, labels, backtest = prepared.panel, prepared.labels, experiment.backtest
    decided = decide_weights(panel, forecasts, portfolio=experiment.portfolio, constraints=experiment.constraints)
    seen = {
        **{name: scored(forecasts, baselines, labels, panel, test=name == "test") for name in ("valid", "test")},
        "backtest": trade(panel, decided, backtest=backtest),
        "benchmark": trade_benchmark(panel, decided, backtest=backtest),
        "labels": labels,
        "panel": panel,
    }
    kind = experiment.target.kind
    metrics = figures_of(**seen, kind=kind, known=known_metrics())
    evidence = evidence_of(
        **seen, metrics=metrics, kind=kind, seed=0, has_portfolio=experiment.portfolio.trades,
        price_fields=backtest.fields(),
    )  # fmt: skip
    gathered = Gathered(metrics=Given(key="", value=metrics), evidence=Given(key="", value=evidence))  # type: ignore[arg-type]
    return metrics, conclude_so_far(experiment, gathered)


def write(folder: Path, config: Any, metrics: dict[str, float], verdict: Any, texts: dict[str, str]) -> None:
    """The files of a trial, but what the product alone has to say of it."""
    from runner.report.description import settings_text

    files = {
        "config.yaml": settings_text(config, texts),
        "metrics.json": json.dumps(metrics),
        "gates.json": json.dumps(verdict.to_json()),
        "events.jsonl": json.dumps({"event": "finished"}),
    }
    files["manifest.json"] = json.dumps({"value": metrics["valid/r2"], "state": "finished"})
    sums = [f"{hashlib.sha256(text.encode()).hexdigest()}  {name}\n" for name, text in files.items()]
    folder.mkdir()
    for name, text in {**files, "SHA256SUMS": "".join(sums)}.items():
        (folder / name).write_text(text)


def loops() -> None:
    here = str(Path(__file__).resolve())
    with tempfile.TemporaryDirectory() as folder:
        process(folder, "-m", "runner", *EXPERIMENT)
        check = process(folder, "-m", "runner", "check", *EXPERIMENT)
        loop = process(folder, here, "--bare", "12")
        sweep = process(folder, "-m", "runner", "-m", *EXPERIMENT, penalties(12, 100), "sweep.judged=0")
        line("12 ridge trials", seconds=sweep, check=check, loop=loop, ratio=sweep / (check + loop))
        sweep_of = ("-m", "runner", "-m", *EXPERIMENT, "sweep.judged=0")
        by_hand, by_hand_ms = pace(lambda n: process(tempfile.mkdtemp(dir=folder), here, "--by-hand", str(n)))
        ours, ours_ms = pace(lambda n: process(folder, *sweep_of, penalties(n, 200 * n)))
        line("by hand", trials_a_minute=ours, by_hand=by_hand, speedup=ours / by_hand,
             trial_ms=ours_ms, by_hand_ms=by_hand_ms)  # fmt: skip
        command = [sys.executable, here, "--by-hand", "90"]
        began = time.perf_counter()
        together = [subprocess.Popen(command, cwd=tempfile.mkdtemp(dir=folder)) for _ in "12"]
        for each in together:
            each.wait()
        both = time.perf_counter() - began
        gain = 2 * process(tempfile.mkdtemp(dir=folder), *command[1:]) / both
        two = process(folder, *sweep_of, penalties(90, 90000), "sweep.workers=2")
        one = process(folder, *sweep_of, penalties(90, 80000))
        line("two workers", gain=one / two, two_loops=gain, speedup=one / two / gain)


def backtest_only() -> None:
    """A trial that changes only the costs, beside the first run of the same fits."""
    with timed() as (_, trials, _):
        swept("model.penalty=77.5", "backtest.cost_bps=1,2,3,4,5,6,7,8")
    later = sorted(trials[1:])[len(trials) // 2]
    line("only the backtest", first_ms=1e3 * trials[0], later_ms=1e3 * later, speedup=trials[0] / later)


def main(arguments: list[str]) -> None:
    if arguments[:1] in (["--bare"], ["--by-hand"]):
        bare(int(arguments[1]), writes=arguments[0] == "--by-hand")
        return
    n = int(arguments[0]) if arguments else 300
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        os.environ["ASSAY_LEDGER"] = f"{folder}/ledger.sqlite"
        backtest_only()
        overhead(n)
        os.chdir("/")
    syncs()
    loops()


if __name__ == "__main__":
    main(sys.argv[1:])
