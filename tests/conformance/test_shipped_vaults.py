"""Shipped experiments on one market keep one vault: none tests on bars that another one keeps aside."""

from collections import defaultdict

from harness import SELF_CONTAINED
from runner.composition.configure import configure


def test_experiments_on_one_market_share_one_vault_start() -> None:
    starts: dict[str, set[str | None]] = defaultdict(set)
    for name in SELF_CONTAINED:
        experiment, _ = configure([f"+experiment={name}"])
        main = getattr(experiment.data, "main", experiment.data)
        starts[main.facts().identity].add(experiment.split.vault_start)
    assert len(SELF_CONTAINED) >= 5
    assert {market: len(found) for market, found in starts.items()} == dict.fromkeys(starts, 1)
