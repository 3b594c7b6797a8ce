"""The verb `ledger`: what was tried on which data, and whether the record is whole."""

import argparse
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from components.statistics.deflation import independent_trials
from runner.judging.tries import RETURNS, aligned
from runner.recording.ledger import Family, FamilySummary, Ledger, Trial
from runner.recording.witnesses import noted_heads

if TYPE_CHECKING:
    from runner.recording.chain import Transaction

OUTPUTS = Path("outputs")
DASH = "-"
MIN_BARS = 30
HEADER = ("family", "trials", "finished", "failed", "interrupted", "running", "vault openings", "effective")
NO_WITNESS = "The chain is whole; no run or bundle here noted a head that could witness more."
DESCRIPTION = """\
Shows every family of data that was ever tried on: how many configurations, how they ended, how
often the vault was opened, and how many independent tries those with returns were worth. Then it
checks the chain of records, also against the heads that runs and bundles noted down.
"""
EPILOG = """\
trials counts distinct configurations, failed and interrupted ones too; failed includes pruned
ones. effective is the number of independent tries that the finished, correlated ones are worth:
rho + (1 - rho) K for K tries whose returns have the mean correlation rho.

Exit codes: 0 the record is whole; 1 it was changed, cut short, forked or replaced.
"""


@dataclass(frozen=True, kw_only=True)
class FamilyRow:
    """One family as it is shown. effective_trials: None where fewer than two trials' returns are known."""

    source: str
    symbols: tuple[str, ...]
    first: str
    last: str
    first_trial: str
    trials: int
    finished: int
    failed: int
    interrupted: int
    running: int
    vault_openings: int
    effective_trials: float | None


def main(arguments: Sequence[str]) -> int:
    """Prints the families and what is wrong with the record; 1 if anything is."""
    options = _parser().parse_args(arguments)
    ledger = Ledger.open()
    witnesses = noted_heads(options.outputs)
    problems = ledger.verify(witnesses)
    rows = _rows(ledger, broken=bool(problems))
    if options.json:
        found = {
            "place": ledger.chain.database.place,
            "head": ledger.head(),
            "families": [asdict(row) for row in rows],
            "witnesses": len(witnesses),
            "problems": problems,
        }
        print(json.dumps(found, indent=2))
    else:
        _show(ledger, rows, len(witnesses), problems)
    return 1 if problems else 0


def _rows(ledger: Ledger, *, broken: bool) -> list[FamilyRow]:
    """The families; none where a broken record can no longer be read."""
    try:
        return [family_row(ledger, summary) for summary in ledger.families()]
    except (KeyError, TypeError, ValueError):
        if broken:
            return []
        raise


def family_row(ledger: Ledger, summary: FamilySummary) -> FamilyRow:
    """Counts of one family."""
    family = summary.family
    trials = ledger.trials(family)
    states = Counter(trial.state for trial in trials)
    return FamilyRow(
        source=family.source,
        symbols=family.symbols,
        first=family.first.isoformat(),
        last=family.last.isoformat(),
        first_trial=min((trial.started_at for trial in trials), default=""),
        trials=summary.trials,
        finished=states["finished"],
        failed=states["failed"] + states["pruned"],
        interrupted=states["interrupted"],
        running=states["running"],
        vault_openings=_vault_openings(ledger, family),
        effective_trials=_effective(ledger, trials),
    )


def _vault_openings(ledger: Ledger, family: Family) -> int:
    """Openings of vaults that share bars with the family, whatever source they were read from."""

    def count(transaction: "Transaction") -> int:
        vaults = {event.family: Family.from_content(event.content) for event in transaction.events(kind="family")}
        return sum(vaults[event.family].shares_bars(family) for event in transaction.events(kind="vault_opened"))

    return ledger.chain.read(count)


def _effective(ledger: Ledger, trials: Sequence[Trial]) -> float | None:
    """Independent tries that those with returns are worth, at the bars that they share with the longest."""
    series = ledger.series(trials, RETURNS)
    if len(series) < 2:
        return None
    longest = max(series, key=lambda key: len(series[key].stamps_T))
    _, joint_TK, keys = aligned(series, longest)
    if len(keys) < 2 or len(joint_TK) < MIN_BARS:
        return None
    return independent_trials(joint_TK)


def _show(ledger: Ledger, rows: Sequence[FamilyRow], n_witnesses: int, problems: Sequence[str]) -> None:
    from runner.verbs.plain_output import PlainOutput

    out = PlainOutput()
    out.text(f"Ledger {ledger.chain.database.place}")
    out.text("")
    if rows:
        out.table(HEADER, [_cells(number, row) for number, row in enumerate(rows, 1)], right=range(len(HEADER)))
        out.text("")
        for number, row in enumerate(rows, 1):
            out.item(f"{number}", _describe(row), style="bold")
    elif not problems:
        out.text("No trial has been recorded yet: a run that is no debug run records itself.")
    out.text("")
    heads = f"{n_witnesses} head{'' if n_witnesses == 1 else 's'} noted by runs and bundles"
    if not problems:
        out.text(f"The chain is whole, and it holds the {heads}." if n_witnesses else NO_WITNESS, style="green")
        return
    out.text(f"The chain is BROKEN ({heads}):", style="bold red")
    for problem in problems:
        out.item("-", problem)


def _cells(number: int, row: FamilyRow) -> tuple[str, ...]:
    counts = (number, row.trials, row.finished, row.failed, row.interrupted, row.running, row.vault_openings)
    return (*map(str, counts), DASH if row.effective_trials is None else f"{row.effective_trials:.1f}")


def _describe(row: FamilyRow) -> str:
    symbols = ", ".join(row.symbols[:5]) + (f" and {len(row.symbols) - 5} more" if len(row.symbols) > 5 else "")
    return f"{row.source}: {symbols}; {row.first} to {row.last}; first trial on {row.first_trial[:10]}"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m runner ledger",
        description=DESCRIPTION,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--json", action="store_true", help="print the same as JSON")
    parser.add_argument(
        "--outputs", type=Path, default=OUTPUTS, metavar="FOLDER", help="where runs and bundles lie (default: outputs)"
    )
    return parser
