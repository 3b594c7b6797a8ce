"""The page of a study: question, expectation, answer, tables and costs, all from its file and its results."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence

from runner.report.notation import DASH, count, describe
from runner.studies.answers import answers, interval
from runner.studies.choosing import HINDSIGHT, NOBODY
from runner.studies.findings import Group, Results, choices, difference, groups, rules
from runner.studies.study import FILE, Study

PICTURE = "answer.svg"
PAGE = "README.md"
ESCAPED = re.compile(r"\\(.)")
"""A sign that the command line would read otherwise."""
WORDY = 3
"""So many verdicts are told in their own words; of more, the gates that failed say enough."""


def page(name: str, study: Study, results: Results) -> str:
    """The page as Markdown. name: of the study's folder."""
    return "\n\n".join(part.rstrip() for part in _parts(name, study, results)) + "\n"


def _parts(name: str, study: Study, results: Results) -> Iterator[str]:
    yield f"# {study.title}"
    yield f"**Question.** {study.question}"
    yield f"**Expectation, written down before the runs.** {study.expectation}{_changed(study, results)}"
    yield f"**The one command** ({_budget(study)}):"
    yield f"```\nASSAY_LEDGER=sqlite:///studies.sqlite python -m runner study experiments/{name}\n```"
    yield f"**What ran.** {_ran(study, results)}"
    found = groups(study, results)
    if not found:
        return
    yield "## Answer"
    yield "\n".join(f"- {sentence}" for sentence in answers(study, found))
    yield f"![{study.title}]({PICTURE})"
    yield "## How"
    yield study.method
    yield _terms(study)
    yield "## Figures"
    yield _arms(study, found)
    if len(study.arms) > 1:
        yield _differences(study, found)
    if compared := choices(study, found):
        yield _rules(study, compared)
    if study.n_draws == 1:
        yield _verdicts(found)
    yield "## What it cost"
    yield _costs(results)


def _budget(study: Study) -> str:
    return (
        f"at most {study.minutes:g} minutes, unless `--minutes` says otherwise; what was found is kept, so that it may "
        "be cut off and goes on"
    )


def _changed(study: Study, results: Results) -> str:
    """What a reader must know of an expectation that is not the one that the runs began with."""
    other = sum(result.asked != study.asked for result in results.values())
    if not other:
        return ""
    return f" *(Question or expectation were changed after {other} of {len(results)} results were in.)*"


def _ran(study: Study, results: Results) -> str:
    cells = len(study.cells())
    trials = sum(len(result.trials) for result in results.values())
    some = "the only search" if cells == 1 else f"all {cells:,} searches"
    some = some if len(results) == cells else f"{len(results):,} of {cells:,} searches"
    also = " each of them once more on later bars," if study.later is not None else ""
    return f"{some[0].upper()}{some[1:]} with {trials:,} finished trials,{also} as {FILE} says."


def _terms(study: Study) -> str:
    label = describe(study.metric).label
    text = (
        f"Figures are {label} ({study.metric}). Trials are chosen on validation spans; test spans follow them, fold by "
        "fold, and no choice reads them"
    )
    text += (
        " but that by the deflated Sharpe ratio; later bars come after everything that any choice reads. "
        if study.later is not None
        else ". "
    )
    return text + "In brackets: 95 % intervals, of means by Student, of shares exact."


def _arms(study: Study, found: Sequence[Group]) -> str:
    header = ["", "searches", "trials", "chosen: validation", "chosen: test"]
    header += ["chosen: later"] if study.later is not None else []
    header += ["Sharpe, test, net", "PSR above 95 %", "verdict not rejected"]
    rows = []
    for group in found:
        row = [group.name or study.metric, count(len(group.results)), count(group.trials)]
        row += [interval(study.metric, estimate) for estimate in (group.promised, group.kept)]
        row += [interval(study.metric, group.later)] if study.later is not None else []
        row += [interval("sharpe", group.sharpe), _share(group, "looks_good"), _share(group, "accepted")]
        rows.append(row)
    return table(header, rows)


def _share(group: Group, name: str) -> str:
    estimate = getattr(group, name)
    if estimate.n == 1:
        return "yes" if estimate.value else "no"
    return f"{estimate.value:.1%} ({estimate.low:.1%} to {estimate.high:.1%})"


def _differences(study: Study, found: Sequence[Group]) -> str:
    first = next(iter(study.arms))
    header = ["", *(f"{arm}: better than {first} by" for arm in study.arms if arm != first)]
    rows = []
    for case in study.cases:
        of = {group.arm: group for group in found if group.case == case}
        if first in of:
            others = [of.get(arm) for arm in study.arms if arm != first]
            cells = [
                DASH if other is None else interval(study.metric, difference(of[first], other)) for other in others
            ]
            rows.append([case or "test spans", *cells])
    return table(header, rows)


def _rules(study: Study, found: Sequence[Group]) -> str:
    parts = []
    for group in found:
        rows = []
        for rule in rules(study):
            against = DASH if rule == NOBODY else interval(study.metric, group.against(rule, NOBODY))
            regret = DASH if rule == HINDSIGHT else interval(study.metric, group.against(HINDSIGHT, rule))
            rows.append([rule, interval(study.metric, group.rule(rule)), against, regret])
        where = "later bars" if study.later is not None else "test spans"
        title = f"chosen by{f' ({group.name})' if group.name else ''}"
        parts.append(table([title, f"{study.metric} on {where}", f"better than {NOBODY} by", "regret"], rows))
    return "\n".join(parts)


def _verdicts(found: Sequence[Group]) -> str:
    rows, wordy = [], len(found) <= WORDY
    for group in found:
        result = group.results[0]
        if (best := result.chosen) is None:
            continue
        values = ", ".join(f"`{key}={_short(value)}`" for key, value in best.values.items())
        failed = ", ".join(f"`{name}`" for name in best.failed) or "none"
        row = [group.name or group.arm, values or "as it stands", best.level, count(best.tries), failed]
        rows.append([*row, best.says] if wordy else row)
    header = ["", "chosen", "verdict", "tries", "required gates that failed"]
    return table([*header, "says"] if wordy else header, rows)


def _costs(results: Results) -> str:
    processor = sum(result.processor_seconds for result in results.values())
    clock = sum(result.seconds for result in results.values())
    trials = sum(len(result.trials) for result in results.values())
    lines = [
        f"{_time(processor)} of processor time, {_time(clock)} on the clock, "
        f"{processor / max(trials, 1):.2f} s of processor time a trial."
    ]
    if problems := sum((Counter(result.problems) for result in results.values()), Counter()):
        told = ", ".join(f"{n:,} {state}" for state, n in sorted(problems.items()))
        lines.append(f"Trials that did not finish: {told}.")
    for versions in {tuple(sorted(result.versions.items())) for result in results.values() if result.versions}:
        lines.append("With " + ", ".join(f"{name} {version}" for name, version in versions) + ".")
    data = sorted({digest[:12] for result in results.values() for digest in result.data})
    shown = ", ".join(f"`{digest}`" for digest in data[:6])
    lines.append(
        f"Fingerprints of the data, {len(data):,} of them in results.jsonl: {shown}{', ...' if len(data) > 6 else ''}."
    )
    return " ".join(lines)


def _time(seconds: float) -> str:
    return f"{seconds / 60:.0f} minutes" if seconds >= 120 else f"{seconds:.0f} s"


def _short(text: str) -> str:
    text = ESCAPED.sub(r"\1", text)
    try:
        return f"{float(text):.4g}" if "." in text else text
    except ValueError:
        return text


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table in Markdown."""
    lines = [header, ["---"] * len(header), *rows]
    return "".join(f"| {' | '.join(cell.replace('|', '/') for cell in line)} |\n" for line in lines)
