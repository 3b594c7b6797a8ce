"""What the run key follows from, and what it does not."""

import io
from collections.abc import Iterator
from pathlib import Path

import pytest

import runner.compute.keys as keys
from runner.composition.configure import configure
from runner.compute import pipeline
from runner.compute.stage import Cache
from runner.console import Console
from runner.judging.evidence import gather
from runner.judging.judge import run_key
from runner.specification.places import Places
from runner.storage.code import Reader

SOURCES = Path(keys.__file__).parents[2]
RUN = ("+experiment=sp500_volatility", "debug=fast", "model=ridge", "tracking=none")


@pytest.fixture(scope="module")
def cache(tmp_path_factory) -> Cache:
    return pipeline.open_cache(Places(outputs=tmp_path_factory.mktemp("outputs")), Console(io.StringIO()))


def key(cache: Cache, *overrides: str) -> str:
    experiment, _ = configure([*RUN, *overrides])
    prepared = pipeline.prepare(experiment, cache)
    executed = pipeline.execute(experiment, prepared, cache)
    return run_key(experiment, gather(experiment, prepared, executed, cache), cache)


@pytest.fixture(scope="module")
def before(cache) -> str:
    return key(cache)


@pytest.mark.parametrize(
    "override",
    [
        "seed=1",
        "model.penalty=11",
        "gates.checks.beats_har.level=0.01",
        "gates.enforce=true",
        "robustness.double_costs.factor=3",
        "backtest.cost_bps=9",
        "debug.max_bars=700",
    ],
)
def test_settings_that_compute_or_judge_change_it(cache, before, override):
    assert key(cache, override) != before


@pytest.mark.parametrize(
    "override",
    ["tracking=wandb_offline", "export.name=other", "export.promote=never", "resources.threads=1", "name=other"],
)
def test_settings_that_record_show_or_export_do_not(cache, before, override):
    assert key(cache, override) == before


@pytest.fixture
def edit(monkeypatch) -> Iterator[object]:
    """Edits a source in memory."""

    def put(file: str, old: str, new: str) -> None:
        text = (SOURCES / file).read_text()
        assert old in text
        edited = text.replace(old, new, 1).encode()
        reader = Reader(text=lambda path: edited if path == SOURCES / file else path.read_bytes())
        monkeypatch.setattr(keys, "code_digest", lambda subject: reader.code_of(subject).digest)

    return put


RETURN = "    return ", "    return None or "


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("components/gates/beats_baseline.py", *RETURN),
        ("runner/judging/verdict.py", *RETURN),
        ("runner/judging/figures.py", "DRAWS = 500", "DRAWS = 501"),
        ("runner/leaks/future.py", *RETURN),
        ("runner/judging/scenarios.py", *RETURN),
        ("runner/bundle/certificate.py", "REPEATS = 5", "REPEATS = 6"),
        ("components/robustness/higher_costs.py", *RETURN),
    ],
)
def test_code_of_gates_figures_scenarios_leak_tests_and_certificate_changes_it(cache, before, edit, file, old, new):
    edit(file, old, new)
    assert key(cache) != before


@pytest.mark.parametrize("file", ["runner/tracking/wandb.py", "runner/report/page.py", "runner/verbs/store.py"])
def test_code_that_records_shows_or_starts_does_not(cache, before, edit, file):
    edit(file, *RETURN)
    assert key(cache) == before
