"""The verdict of a recorded run: the sentences of `runner.judging.sentences`, sorted by their place on a page."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from components.values import SourceFacts
from runner.judging.sentences import Sentences, in_words
from runner.judging.verdict import Verdict
from runner.report import notation
from runner.report.markets import market_words

REJECTED, CANDIDATE, HALLMARKED, FAILED, NONE = "Rejected", "Candidate", "Hallmarked", "Failed", "No verdict"
PENDING = "Not judged yet"
LEVELS = {"pending": PENDING, "rejected": REJECTED, "candidate": CANDIDATE, "hallmarked": HALLMARKED}
DIRTY = "The code had uncommitted changes: this run cannot be rebuilt from its commit alone."


@dataclass(frozen=True, kw_only=True)
class Words:
    """word: the level, Failed or No verdict; headline: what the gates together decided; results: (name, what is said)
    of target, forecast, portfolio, best baseline and the smallest provable effect; first: what nobody may overlook;
    reasons: what the decisive gates say; suffices: what failed gates, advisory ones too, ask for; tries: where the run
    stands among all trials; broken: what broke besides gates, one line each; cautions: what to know before trusting a
    figure."""

    word: str
    headline: str
    results: tuple[tuple[str, str], ...]
    first: tuple[str, ...]
    reasons: tuple[str, ...]
    suffices: tuple[str, ...]
    tries: str
    broken: tuple[str, ...]
    cautions: tuple[str, ...]


def words(manifest: Mapping[str, Any], gates: Mapping[str, Any]) -> Words:
    """Everything a run has to say in sentences. gates: of the run, or what became of them at its promotion."""
    verdict = Verdict.from_json(gates)
    # Cautions of the source are among the notices.
    known = SourceFacts.__dataclass_fields__.keys() & manifest["data"].keys()
    facts = SourceFacts(**{name: manifest["data"][name] for name in known})
    trial, tries = manifest["trial"], manifest.get("tries", {})
    said = in_words(
        verdict,
        facts=facts,
        trial=trial["number"] if trial["counted"] else None,
        family_trials=trial["family_trials"] or 0,
        independent=tries.get("independent"),
        series=tries.get("series", "returns"),
        record_problems=tries.get("record_problems", ()),
    )
    passed = tuple(gate.says for gate in verdict.gates if gate.required and gate.status == "passed")
    unclean = [DIRTY] if (manifest["git"] or {}).get("dirty") else []
    too_good = manifest.get("too_good")
    word, headline = _decision(manifest, said)
    unfinished = word == NONE
    return Words(
        word=word,
        headline=headline,
        results=() if unfinished else _results(manifest, said),
        first=() if unfinished else said.first,
        reasons=() if unfinished else said.failed or passed,
        suffices=() if unfinished else said.suffices,
        tries=said.tries,
        broken=tuple(line for line in manifest.get("broken", ()) if line not in verdict.broken),
        cautions=(
            *([too_good] if too_good else []),
            *said.record,
            *said.loosened,
            *(line for line in said.advisory if not too_good or too_good not in line),
            *said.data,
            *market_words(manifest),
            *_quality(manifest),
            *manifest["notices"],
            *unclean,
        ),
    )


def _results(manifest: Mapping[str, Any], said: Sentences) -> tuple[tuple[str, str], ...]:
    lines = (
        ("Target", str(manifest.get("target", {}).get("says", ""))),
        ("Forecast", said.forecast),
        ("Portfolio", said.portfolio),
        ("Best baseline", said.baseline),
        ("This record could show", said.provable),
    )
    return tuple((name, text) for name, text in lines if text)


def paths_note(paths: Mapping[str, Any]) -> str:
    """What became of several paths through the same history. paths: judged, its number; sharpe: of each account."""
    ratios = sorted(paths["sharpe"], key=lambda ratio: ratio if notation.is_number(ratio) else 0.0)
    written = ", ".join(notation.write(ratio, "two decimals") for ratio in ratios)
    return (
        f"Every time was tested on {len(ratios)} paths. Judged is path {paths['judged']}, whose account has the median "
        f"Sharpe ratio; those of all paths: {written}."
    )


def decisions(manifest: Mapping[str, Any]) -> tuple[str, ...]:
    """How far weights are what the portfolio wanted, and what became of several paths, a sentence each."""
    said = [_constraints(manifest["constraints"])] if "constraints" in manifest else []
    return (*said, *([paths_note(manifest["paths"])] if "paths" in manifest else []))


def _constraints(found: Mapping[str, Any]) -> str:
    """found: decisions in all; relaxed: constraint -> at how many decisions, what was asked, and furthest from it."""
    total = notation.count(found["decisions"])
    if not found["relaxed"]:
        return f"The constraints were met at all {total} decisions."
    each = [
        f"{name} {notation.significant(one['asked'])} at {notation.count(one['decisions'])} (the furthest from it: "
        f"{notation.significant(one['furthest'])})"
        for name, one in found["relaxed"].items()
    ]
    return (
        f"Of {total} decisions, constraints could not be met and were relaxed: {', '.join(each)}; see "
        "constraints.parquet."
    )


def _quality(manifest: Mapping[str, Any]) -> tuple[str, ...]:
    """What the checks of the bars found, in one sentence; nothing where they found nothing."""
    findings = manifest.get("quality") or ()
    found = ", ".join(f"{finding['check']} ({finding['count']} {finding['action']})" for finding in findings)
    return (f"The checks of the bars found: {found}; see Data quality.",) if found else ()


def _decision(manifest: Mapping[str, Any], said: Sentences) -> tuple[str, str]:
    """Its word and its headline. What broke is said, not hidden behind a verdict."""
    if broken := manifest.get("broken"):
        level = LEVELS[said.level]
        return FAILED, f"Parts of the run broke: {len(broken)} (see below). {level}: {said.decision}"
    if manifest["state"] != "finished":
        return NONE, f"The run did not finish (state: {manifest['state']})."
    return LEVELS[said.level], said.decision
