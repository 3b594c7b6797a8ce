"""How much of the bars the tests of inputs look at, in a run and where every row is asked for."""

import io
from pathlib import Path

import numpy as np
import pytest

from leakage.corpus import EXTRA, RETURNS, market, overrides_for, with_column, written
from runner.composition.configure import configure
from runner.compute import pipeline
from runner.console import Console
from runner.leaks import inputs
from runner.leaks.subject import Subject
from runner.specification.places import Places


@pytest.fixture(scope="module")
def subject(tmp_path_factory: pytest.TempPathFactory) -> Subject:
    """The next move stands in one of four symbols, noise in the others."""
    folder: Path = tmp_path_factory.mktemp("inputs")
    rng = np.random.default_rng(0)

    def hint(part):  # type: ignore[no-untyped-def]
        moves = part["close"].shift(-1) / part["close"] - 1
        return moves.fillna(0.0) if part["symbol"][0] == "S2" else moves * 0 + rng.normal(0, 0.01, len(part))

    frame = with_column(market(4, 400), lambda part: hint(part).fillna(0.0))
    experiment, _ = configure([*RETURNS, *overrides_for(written(frame, folder), EXTRA)])
    cache = pipeline.open_cache(Places(outputs=folder / "outputs"), Console(io.StringIO()))
    prepared = pipeline.prepare(experiment, cache)
    return Subject(experiment=experiment, prepared=prepared, executed=pipeline.execute(experiment, prepared, cache))


def test_a_leak_in_one_symbol_is_found_in_an_ordinary_run(subject: Subject) -> None:
    (found,) = [finding for finding in inputs.fields(subject, seen="some") if finding.severity == "leak"]
    assert found.where == "data.extra"
    assert inputs.what_was_seen(subject, "some") == (
        "Inputs: every row of 1 field, 4 symbols; features were not looked at."
    )


def test_every_row_is_said(subject: Subject) -> None:
    assert inputs.what_was_seen(subject, "all") == (
        "Inputs: every row and symbol (1,600 rows, 4 symbols) of 2 fields and 2 features; windows and columns together "
        "in a sample where there are many."
    )


def test_of_many_rows_some_symbols_are_looked_at_and_that_is_said(
    subject: Subject, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inputs, "CHEAP_CELLS", 2_000)
    assert inputs.what_was_seen(subject, "some") == (
        "Inputs: 2 of 4 symbols, 800 of 1,600 rows; leaktest and gates that ask for every row look at all."
    )
