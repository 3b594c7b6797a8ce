"""What an actor may still try on a market: trials, processor seconds, and how far the record may be worn out."""

from collections.abc import Mapping, Set
from dataclasses import asdict, dataclass, fields
from fnmatch import fnmatchcase
from typing import Any

from components.errors import BudgetSpent
from runner.recording.actors import acting
from runner.recording.chain import Transaction
from runner.recording.declared import Families
from runner.recording.family import Family

LEVEL = 0.05
"""Chance that the best of so many worthless tries passes one test of the best of them."""


@dataclass(frozen=True, kw_only=True)
class Budget:
    """actor: KIND:NAME, * stands for anything; market: a symbol of it, * likewise; limits, None: none.

    trials: distinct ones on one market; processor_seconds: of all of them; smallest_effect: annual Sharpe ratio that
    the record must still show with probability one half after one more try, if all are independent.
    """

    actor: str
    market: str
    trials: int | None = None
    processor_seconds: float | None = None
    smallest_effect: float | None = None

    def content(self) -> dict[str, Any]:
        return asdict(self)

    def in_words(self) -> str:
        limits = {
            "trials": self.trials,
            "processor seconds": self.processor_seconds,
            "smallest Sharpe ratio to keep provable": self.smallest_effect,
        }
        said = ", ".join(f"{name} {limit:g}" for name, limit in limits.items() if limit is not None)
        return f"of {self.actor} on {self.market}: {said}"

    @staticmethod
    def from_content(content: Mapping[str, Any]) -> "Budget":
        return Budget(**{each.name: content[each.name] for each in fields(Budget)})

    def covers(self, actor: str, symbols: frozenset[str]) -> bool:
        """Whether it is said of this actor and of a market that has these names."""
        return fnmatchcase(actor, self.actor) and any(fnmatchcase(symbol, self.market) for symbol in symbols)


@dataclass(frozen=True, kw_only=True)
class Spent:
    """What an actor used up on a market: own trials and seconds; tries: of everybody; years: of the record."""

    trials: int
    processor_seconds: float
    tries: int
    years: float


def refuse(budget: Budget, spent: Spent) -> None:
    """Raises BudgetSpent where one more try does not fit."""
    for_whom = f"budget of {budget.actor} on {budget.market}"
    remedy = "a larger one is set with python -m runner ledger --budget, by whoever sets budgets here"
    if budget.trials is not None and spent.trials >= budget.trials:
        raise BudgetSpent(f"{for_whom}: all {budget.trials:,} trials were made; {remedy}")
    if budget.processor_seconds is not None and spent.processor_seconds >= budget.processor_seconds:
        raise BudgetSpent(
            f"{for_whom}: {spent.processor_seconds:,.0f} of {budget.processor_seconds:,.0f} processor seconds were "
            f"used; {remedy}"
        )
    if budget.smallest_effect is not None:
        from components.statistics.provable import smallest_effect

        effect = smallest_effect(spent.years, spent.tries + 1, 0.0, LEVEL, 0.5)
        if effect > budget.smallest_effect:
            raise BudgetSpent(
                f"{for_whom}: after one more than {spent.tries:,} tries these {spent.years:.1f} years could show no "
                f"Sharpe ratio below {effect:.2f}; {budget.smallest_effect:g} must remain provable; {remedy}"
            )


def budgets_of(transaction: Transaction) -> list[Budget]:
    """Those that are in force, the newest of each actor and market."""
    newest = {event.key: Budget.from_content(event.content["budget"]) for event in transaction.events(kind="budget")}
    return list(newest.values())


def check_budgets(
    transaction: Transaction, families: Families, family: Family, members: Set[str], tries: Mapping[str, str]
) -> None:
    """Raises BudgetSpent where the actor's budget on the market allows no further try. tries: of the family, see
    `tries_of`; members: the families that count as one."""
    budgets = budgets_of(transaction)
    if not budgets:
        return
    actor = acting().label
    of_all = [families.all[member].family for member in members]
    symbols = frozenset(symbol for member in of_all for symbol in member.symbols)
    mine = [budget for budget in budgets if budget.covers(actor, symbols)]
    if not mine:
        return
    own = [
        event
        for event in transaction.events()
        if event.family in members and event.kind.startswith("trial_") and _label(event.content) == actor
    ]
    spent = Spent(
        trials=len({tries[event.key] for event in own if event.kind == "trial_started"}),
        processor_seconds=sum(event.content.get("processor_seconds", 0.0) for event in own),
        tries=len(set(tries.values())),
        years=(family.last - family.first).days / 365.25,
    )
    for budget in mine:
        refuse(budget, spent)


def _label(content: Mapping[str, Any]) -> str:
    actor = content.get("actor", {})
    return f"{actor['kind']}:{actor['name']}" if actor else ""
