"""Studies and results that are made up, for tests of what is said of them."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from runner.studies.findings import Results
from runner.studies.results import Chosen, Result, Trials, place
from runner.studies.study import Cell, Study


def study(**named: Any) -> Study:
    said = {"title": "A title", "question": "Why?", "expectation": "Nothing.", "method": "By trying."}
    return Study(**{**said, "metric": "correlation", "arms": {"one": ()}, **named})


def trials(n: int, *, gain: float, rng: np.random.Generator, later: bool = True) -> Trials:
    """Trials whose every figure is chance about the gain."""

    def figures() -> tuple[float | None, ...]:
        return tuple((gain + 0.02 * rng.standard_normal(n)).round(4).tolist())

    sharpe = rng.standard_normal(n).round(3)
    return Trials(
        number=tuple(range(n)),
        valid=figures(),
        steady=figures(),
        test=figures(),
        sharpe=tuple(sharpe.tolist()),
        psr=tuple((1 / (1 + np.exp(-1.7 * sharpe))).round(4).tolist()),
        later=figures() if later else (),
        later_sharpe=figures() if later else (),
    )


def result(own: Study, cell: Cell, found: Trials, **named: Any) -> Result:
    folds = tuple(float(f"{value:.4f}") for value in np.linspace(-0.01, 0.01, 8) + (found.test[0] or 0.0))
    chosen = Chosen(
        number=0,
        values={"model.penalty": "3.14159"},
        folds=folds,
        level="rejected",
        tries=len(found),
        failed=("no_skill",),
    )
    said = {"command": "python -m runner -m", "data": ("f" * 64,), "versions": {"numpy": "2.4.6"}, "seconds": 2.5}
    return Result(
        **{
            "arm": cell.arm,
            "case": cell.case,
            "draw": cell.draw,
            "key": cell.key,
            "asked": own.asked,
            "processor_seconds": 2.0,
            "begun": len(found),
            "trials": found,
            "chosen": chosen,
            **said,
            **named,
        }
    )


def results(own: Study, gains: Mapping[str, float], *, n: int = 5, cells: Sequence[Cell] | None = None) -> Results:
    """A result of every cell; arm -> gain."""
    rng = np.random.default_rng(0)
    return {
        place(cell): result(own, cell, trials(n, gain=gains[cell.arm], rng=rng, later=own.later is not None))
        for cell in (own.cells() if cells is None else cells)
    }
