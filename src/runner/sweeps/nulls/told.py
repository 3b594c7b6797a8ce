"""What the null worlds say of the best trial, as values and in words."""

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from components.statistics.rank import Rank, rank_of
from runner.composition.figures import metrics
from runner.recording.run_folder import NULL_WORLDS
from runner.specification.places import HERE
from runner.storage.disk import write_atomically
from runner.sweeps.best import best as best_of
from runner.sweeps.nulls.kept import kept
from runner.sweeps.nulls.light import SHARPE
from runner.sweeps.nulls.search import Found
from runner.sweeps.opened import Opened
from runner.sweeps.study import StudyTrial
from runner.whole import judged_anew

KEPT = (
    "Null worlds keep volatility, correlation, every symbol's mean move, calendar, holes, volume and costs, and "
    "redraw the direction of moves; falls no longer raise later volatility, and moves are not skewed. "
    "They look at redrawn bars and count as no tries."
)


def of_sweep(
    opened: Opened, trials: Sequence[StudyTrial], known: Mapping[str, float | None] | None = None
) -> dict[str, Any] | None:
    """The ranks of the best trial; None where no world was searched or there is no best trial, or nothing is known of
    it. known: its figures, None: those of its run folder."""
    found, chosen = kept(opened, len(trials)), best_of(opened, trials)
    if not chosen or not found:
        return None
    figures = ranked(_real(opened, _figures(chosen[0]) if known is None else known), found)
    if not figures:
        return None
    leading = _leading(opened, figures)
    content: dict[str, Any] = {
        "worlds": len(found),
        "asked": opened.settings.null_worlds,
        "first": opened.first_rank,
        "failed": sum(each.best is None for each in found),
        "trials": len(trials),
        "leading": leading,
        **{name: figures[leading][name] for name in ("p_value", "rank", "real", "nulls")},
        "figures": figures,
    }
    return {**content, "says": f"{in_words(content)}{first_in_words(opened.first_rank)}{_warm(opened)}"}


def keep_ranks(opened: Opened, trials: Sequence[StudyTrial]) -> dict[str, Any] | None:
    """The same, kept in the best trial's run folder, by which its gates and its report know it."""
    content = of_sweep(opened, trials)
    if content is None and kept(opened, len(trials)) and (lost := best_of(opened, trials)[:1]):
        says = f"{lost[0].run}: the best run is not there, so that its rank among null worlds cannot be told"
        print(f"{says}; where it was archived, say archive {Path(str(lost[0].run)).name} --restore", file=sys.stderr)
    if content is not None:
        folder = Path(str(best_of(opened, trials)[0].run))
        data = json.dumps(content, indent=1).encode()
        if not (folder / NULL_WORLDS).is_file() or (folder / NULL_WORLDS).read_bytes() != data:
            with judged_anew(folder, HERE):
                write_atomically(folder / NULL_WORLDS, data)
    return content


def ranked(real: Mapping[str, float], found: Sequence[Found]) -> dict[str, dict[str, Any]]:
    """figure -> where the real one stands. A figure that the real best lacks is left out."""
    ranks: dict[str, dict[str, Any]] = {}
    for name, value in real.items():
        nulls = [each.figures.get(name) for each in found]
        rank: Rank = rank_of(value, nulls, better=metrics()[name.rpartition("/")[2]].better)
        ranks[name] = {**asdict(rank), "real": value, "nulls": nulls}
    return ranks


def in_words(content: Mapping[str, Any]) -> str:
    """One paragraph: the leading figure, the others, how sure it is, and what the worlds keep."""
    lead, others = content["leading"], [name for name in content["figures"] if name != content["leading"]]
    of = content["figures"][lead]
    says = (
        f"{content['trials']} trials were searched again in each of {content['worlds']} null worlds: "
        f"{lead} {of['real']:.4g} of the best is rank {of['rank']} of {of['worlds'] + 1} "
        f"(p = {of['p_value']:.3g}; with all worlds {of['low']:.1%} to {of['high']:.1%} of them would be as good)"
    )
    rest = "; ".join(
        f"{name} {figure['real']:.4g} is rank {figure['rank']} (p = {figure['p_value']:.3g})"
        for name, figure in ((name, content["figures"][name]) for name in others)
    )
    failed = content["failed"]
    against = f" In {failed} of them the search found nothing, which counts against it." if failed else ""
    return f"{says}{'; ' + rest if rest else ''}.{against} {KEPT}"


def first_in_words(first: Mapping[str, Any] | None) -> str:
    """That worlds or trials were added after a rank was known, and what it was: who stops at will is lucky oftener."""
    if first is None:
        return ""
    p = "a p that is not known any more" if first["p_value"] is None else f"p = {first['p_value']:.3g}"
    of = f" of {first['leading']}" if first["leading"] else ""
    some = "" if first["worlds"] == first["asked"] else f", of which {first['worlds']} were searched"
    return (
        f" At first {first['asked']} worlds were asked for{some}, which gave {p}{of} with {first['trials']} trials; "
        "more were asked for after that was known, so that the p above is no longer exact."
    )


def _warm(opened: Opened) -> str:
    """What null worlds cannot repeat of a search that began with earlier trials."""
    study = opened.study()
    study.refresh()
    earlier = len(study.known)
    return f" Not so the {earlier} earlier trials of the real market that the search began with." if earlier else ""


def _figures(best: StudyTrial) -> Mapping[str, float | None]:
    """Empty where its run folder was removed."""
    path = Path(str(best.run)) / "metrics.json"
    known: Mapping[str, float | None] = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    return known


def _real(opened: Opened, known: Mapping[str, float | None]) -> dict[str, float]:
    """The real best's objectives, their test figures, and what its portfolio earned: what the worlds have, too."""
    tests = [f"test/{name.rpartition('/')[2]}" for name in opened.objectives]
    return {name: value for name in (*opened.objectives, *tests, SHARPE) if (value := known.get(name)) is not None}


def _leading(opened: Opened, figures: Mapping[str, Any]) -> str:
    """The first objective's test figure, by which nothing was chosen, as gates judge; itself where there is none."""
    test = f"test/{opened.objectives[0].rpartition('/')[2]}"
    return test if test in figures else opened.objectives[0]
