"""What a comparison leaves out, and why: nothing is missing in silence."""

from collections.abc import Mapping

from runner.recording.ledger import Series
from runner.sweeps.compared.entries import BEYOND, Compared
from runner.sweeps.compared.selection import FEW_FOLDS, FEWEST, Scores
from runner.sweeps.opened import unlike_says


def left_out(compared: Compared, scores: Scores, returns: Mapping[str, Series], *, statistics: bool) -> list[str]:
    """One sentence each. statistics: whether there are any of the set."""
    said = [_unlike(compared), _beyond(compared), _gone(compared), _untested(compared, scores), _few(compared, scores)]
    return [line for line in (*said, _silent(compared, returns, statistics=statistics)) if line]


def _unlike(compared: Compared) -> str:
    keys = compared.apart
    if not keys:
        return ""
    return f"{unlike_says(keys)}; selection regret, rank stability, Pareto front and overfitting are left out."


def _beyond(compared: Compared) -> str:
    beyond = sum(entry.state == BEYOND for entry in compared.entries)
    if not beyond:
        return ""
    return (
        f"Selection regret and rank stability leave out {_count(beyond)} beyond constraints; the statistics of the set "
        "count them as tries."
    )


def _gone(compared: Compared) -> str:
    gone = sum(entry.gone for entry in compared.entries)
    return f"Run folders are gone of {_count(gone)}: levels and gates leave them out." if gone else ""


def _untested(compared: Compared, scores: Scores) -> str:
    finished, chosen = compared.finished, compared.chosen
    lacking = len(finished) - len(scores.entries)
    if compared.apart or chosen is None:
        return ""
    if len(finished) < 2:
        return "A single trial can be chosen: there is no selection regret, and there are no ranks to compare."
    if not lacking:
        return ""
    if chosen not in scores.entries:
        nulls = any(opened.settings.null_worlds for opened in compared.sweeps.values())
        what = "selection regret and null worlds are" if nulls else "selection regret is"
        return f"The test figures of the chosen trial are not known: {what} left out."
    return f"Test figures are not known of {_count(lacking)}: regret and rank stability leave them out."


def _few(compared: Compared, scores: Scores) -> str:
    k, folds = len(scores.entries), len(scores.folds)
    if compared.apart or k < 2 or (k >= FEWEST and folds >= FEW_FOLDS):
        return ""
    needs = f"{FEWEST} trials and {FEW_FOLDS} folds that all of them share"
    return f"Rank stability is left out: it needs {needs}, and there are {k} and {folds}."


def _silent(compared: Compared, returns: Mapping[str, Series], *, statistics: bool) -> str:
    chosen, k = compared.chosen, len(compared.entries)
    if chosen is None:
        return ""
    if chosen.name not in returns:
        return "The ledger has no returns of the chosen trial: there are no statistics of the set."
    if not statistics:
        return "The returns of the chosen trial are too few, or do not vary: there are no statistics of the set."
    if len(returns) == k:
        return ""
    return (
        f"Of {k:,} trials, {len(returns):,} left returns in the ledger: the statistics of the set compare these, and "
        "count the others as tries."
    )


def _count(n: int) -> str:
    return f"{n:,} trial{'' if n == 1 else 's'}"
