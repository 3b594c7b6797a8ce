"""ledger: what was tried on which data, and whether the record is whole
ledger --budget ACTOR [--market SYMBOL]: how much an actor may still try on a market

Shows every family of data that was ever tried on: how many configurations, how they ended, how
often the vault was opened, and how many independent tries those with returns were worth. Then it
checks the chain of records, also against the heads that runs and bundles noted down.

trials counts distinct configurations, failed and interrupted ones too; failed includes pruned
ones. effective is the number of independent tries that the finished, correlated ones are worth:
rho + (1 - rho) K for K tries whose returns have the mean correlation rho.

ledger --budget ACTOR [--market SYMBOL] [--trials N] [--seconds S] [--smallest-effect SHARPE]
Sets a budget, in the place of an earlier one of that actor and market: from then on a run that would
exceed it is refused before anything is computed, with exit code 6. ACTOR is KIND:NAME as events note it
(agent:*, person:ann, build server:*), SYMBOL any name that the market has; * stands for anything. The
smallest effect is the annual Sharpe ratio that the record must still be able to show, with probability
one half, after all tries made on the market by anybody.

Exit codes: 0 the record is whole; 1 it was changed, cut short, forked or replaced."""

from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from components.errors import ConfigError
from runner import exit_codes
from runner.answer import Answer, said
from runner.judging.families import FamilyRow, family_rows
from runner.recording.actors import forbid
from runner.recording.budgets import Budget
from runner.recording.ledger import Ledger
from runner.recording.witnesses import noted_heads
from runner.specification.places import HERE
from runner.terminal import Terminal

ANSWER = {
    "place": "text: file or address of the ledger",
    "head": "text: number and hash of the newest event",
    "families": "list: every family of data with its counts",
    "budgets": "list: those that are in force",
    "budget": "map: with --budget, what was set",
    "witnesses": "integer: how many heads were noted by runs and bundles",
    "problems": "list: what is wrong with the record, one sentence each",
}
DASH = "-"
HEADER = ("family", "trials", "finished", "failed", "interrupted", "running", "vault openings", "effective")
NO_WITNESS = "The chain is whole; no run or bundle here noted a head that could witness more."


def add_arguments(parser: ArgumentParser) -> None:
    """Where to look for witnesses."""
    parser.add_argument("--budget", metavar="ACTOR", help="set a budget of KIND:NAME, * for anything")
    parser.add_argument("--market", metavar="SYMBOL", default="*", help="of which market (default: of each)")
    parser.add_argument("--trials", type=int, metavar="N", help="most trials; without it there is no limit")
    parser.add_argument("--seconds", type=float, metavar="S", help="most processor seconds")
    parser.add_argument("--smallest-effect", type=float, metavar="SHARPE", help="annual Sharpe ratio to keep provable")
    parser.add_argument(
        "--outputs",
        type=Path,
        default=HERE.outputs,
        metavar="FOLDER",
        help="where runs and bundles lie (default: outputs)",
    )


def run(options: Namespace) -> Answer:
    """The families and what is wrong with the record; UNFORESEEN if anything is."""
    if options.budget is not None:
        return _set_budget(options)
    ledger = Ledger.open()
    witnesses = noted_heads(options.outputs)
    problems = ledger.verify(witnesses, to_the_byte=True)
    rows = family_rows(ledger, broken=bool(problems))
    found = {
        "place": ledger.chain.database.place,
        "head": ledger.head(),
        "families": [asdict(row) for row in rows],
        "budgets": [budget.content() for budget in ledger.budgets()],
        "witnesses": len(witnesses),
        "problems": problems,
    }
    code = exit_codes.UNFORESEEN if problems else exit_codes.RAN
    return Answer(found, lambda: _show(ledger, rows, len(witnesses), problems), code)


def _set_budget(options: Namespace) -> Answer:
    forbid("may not set a budget")
    limits = (options.trials, options.seconds, options.smallest_effect)
    if all(limit is None for limit in limits) or any(limit is not None and limit < 0 for limit in limits):
        raise ConfigError("--budget: say how much, by --trials, --seconds or --smallest-effect, none below 0")
    budget = Budget(
        actor=options.budget,
        market=options.market,
        trials=options.trials,
        processor_seconds=options.seconds,
        smallest_effect=options.smallest_effect,
    )
    head = Ledger.open().set_budget(budget)
    return Answer({"head": head, "budget": budget.content()}, said(f"budget noted, head {head}"))


def _show(ledger: Ledger, rows: Sequence[FamilyRow], n_witnesses: int, problems: Sequence[str]) -> None:
    out = Terminal()
    out.text(f"Ledger {ledger.chain.database.place}")
    out.text("")
    if rows:
        out.grid(HEADER, [_cells(number, row) for number, row in enumerate(rows, 1)], right=range(len(HEADER)))
        out.text("")
        for number, row in enumerate(rows, 1):
            out.item(f"{number}", _describe(row), style="bold")
        for budget in ledger.budgets():
            out.item("budget", budget.in_words())
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
    by = ", ".join(f"{actor} ({count})" for actor, count in sorted(row.actors.items()))
    said = f"{row.source}: {symbols}; {row.first} to {row.last}; first trial on {row.first_trial[:10]}"
    return f"{said}; tried by {by}" if by else said
