"""The verdict of a recorded run: the sentences of `runner.judging.verdict`, sorted by their place on a page."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from components.values import SourceFacts
from runner.judging.verdict import Verdict, in_words
from runner.report import notation

PASSED, REJECTED, FAILED, NONE = "Passed", "Rejected", "Failed", "No verdict"
DIRTY = "The code had uncommitted changes: this run cannot be rebuilt from its commit alone."


@dataclass(frozen=True, kw_only=True)
class Words:
    """word: Passed, Rejected, Failed or No verdict; headline: what the gates together decided; reasons: what the
    decisive gates say; suffices: what failed gates, advisory ones too, ask for; tries: where the run stands among all
    trials; broken: what broke besides gates, one line each; cautions: what to know before trusting a figure."""

    word: str
    headline: str
    reasons: tuple[str, ...]
    suffices: tuple[str, ...]
    tries: str
    broken: tuple[str, ...]
    cautions: tuple[str, ...]


def words(manifest: Mapping[str, Any], gates: Mapping[str, Any]) -> Words:
    """Everything a run has to say in sentences."""
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
    word, headline = _decision(manifest, said.decision)
    return Words(
        word=word,
        headline=headline,
        reasons={PASSED: passed, REJECTED: said.failed, FAILED: said.failed, NONE: ()}[word],
        suffices=() if word == NONE else said.suffices,
        tries=said.tries,
        broken=tuple(line for line in manifest.get("broken", ()) if line not in verdict.broken),
        cautions=(
            *said.record,
            *said.advisory,
            *said.data,
            *_quality(manifest),
            *manifest["notices"],
            *unclean,
        ),
    )


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


def _decision(manifest: Mapping[str, Any], decision: str) -> tuple[str, str]:
    """Its word and its headline. What broke is said, not hidden behind a verdict."""
    if broken := manifest.get("broken"):
        return FAILED, f"Parts of the run broke: {len(broken)} (see below). {decision}"
    if manifest["state"] != "finished":
        return NONE, f"The run did not finish (state: {manifest['state']})."
    word, _, headline = decision.partition(": ")
    return word, headline[:1].upper() + headline[1:]
