"""The picture that shows a study's answer, as SVG: the same bytes for the same results, on any machine."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape

from runner.report.notation import describe
from runner.report.theme import GRID, INK, LOSS, MODEL, MUTED, OUTCOME
from runner.studies.answers import number
from runner.studies.choosing import HINDSIGHT, NOBODY, by_validation, chosen
from runner.studies.estimates import Estimate
from runner.studies.findings import NOTHING, Group, Results, choices, difference, groups, rules
from runner.studies.study import Study

WIDTH, LEFT, RIGHT, TOP, ROW, SIDE = 760, 300, 30, 34, 26, 320
TICKS = 5


@dataclass(frozen=True, kw_only=True)
class Line:
    """A row of a chart: what it is of, the figure, and its colour; without a figure it is a heading, bold or below."""

    label: str
    estimate: Estimate | None = None
    colour: str = MODEL
    bold: bool = True
    indent: int = 24


def picture(study: Study, results: Results) -> str:
    """Differences of arms; where there is one arm, what was chosen and how, or each trial of a single search."""
    found = groups(study, results)
    label = describe(study.metric).label
    if len(study.arms) > 1:
        first = next(iter(study.arms))
        return _chart([*_differences(study, found)], f"{label}: how much better than {first}", study.metric, 0.0)
    shown = choices(study, found) or [group for group in found if len(group.results) > 1]
    if shown:
        nothing = NOTHING.get(study.metric, 0.0)
        return _chart([*_chosen(study, shown)], f"{label}, 95 % intervals", study.metric, nothing)
    return _scatter(found[0], study.metric)


def _differences(study: Study, found: Sequence[Group]) -> Iterator[Line]:
    first, *others = study.arms
    for case in study.cases:
        of = {group.arm: group for group in found if group.case == case}
        if case and first in of:
            yield Line(label=case)
        for arm in others:
            if first in of and arm in of:
                yield Line(label=arm, estimate=difference(of[first], of[arm]))


def _chosen(study: Study, found: Sequence[Group]) -> Iterator[Line]:
    for group in found:
        if group.case:
            yield Line(label=group.case)
        yield Line(label="chosen, on validation spans", estimate=group.promised, colour=LOSS)
        yield Line(label="chosen, on test spans", estimate=group.kept)
        if study.later is None:
            continue
        yield Line(label="on later bars, chosen by", bold=False)
        for rule in rules(study):
            colour = OUTCOME if rule in (NOBODY, HINDSIGHT) else MODEL
            yield Line(label=rule, estimate=group.rule(rule), colour=colour, indent=40)


def _chart(lines: Sequence[Line], title: str, metric: str, nothing: float) -> str:
    shown = [line.estimate for line in lines if line.estimate is not None]
    ends = [end for each in shown for end in (each.value, each.low, each.high) if math.isfinite(end)]
    scale = _Scale.over([*ends, nothing], LEFT, WIDTH - RIGHT)
    height = TOP + ROW * len(lines) + 40
    parts = [
        *_ticks(scale, metric, TOP, height - 40),
        _line(scale.at(nothing), TOP, scale.at(nothing), height - 40, MUTED),
    ]
    for i, line in enumerate(lines):
        y = TOP + ROW * i + ROW / 2
        if line.estimate is None:
            parts.append(_text(12 if line.bold else 24, y + 4, line.label, bold=line.bold))
            continue
        parts.append(_text(line.indent, y + 4, line.label))
        if math.isfinite(line.estimate.low):
            parts.append(_line(scale.at(line.estimate.low), y, scale.at(line.estimate.high), y, line.colour, 2.5))
        if math.isfinite(line.estimate.value):
            parts.append(
                f'<circle cx="{scale.at(line.estimate.value):.1f}" cy="{y:.1f}" r="4.5" fill="{line.colour}"/>'
            )
    return _svg(height, [_text(12, 20, title, bold=True), *parts])


def _scatter(group: Group, metric: str) -> str:
    """Every trial of one search: validation to the right, test upwards, the chosen one marked."""
    trials = group.results[0].trials
    points = [
        (i, x, y)
        for i, (x, y) in enumerate(zip(trials.valid, trials.test, strict=True))
        if x is not None and y is not None
    ]
    nothing = NOTHING.get(metric, 0.0)
    left, bottom = 90, TOP + SIDE
    across = _Scale.over([nothing, *(x for _, x, _ in points)], left, WIDTH - RIGHT)
    up = _Scale.over([nothing, *(y for _, _, y in points)], bottom, TOP)
    parts = [*_ticks(across, metric, TOP, bottom)]
    for value in up.marks():
        parts.append(_line(left, up.at(value), WIDTH - RIGHT, up.at(value), GRID))
        parts.append(_text(left - 8, up.at(value) + 4, number(metric, value), anchor="end", colour=MUTED))
    parts.append(_line(across.at(nothing), TOP, across.at(nothing), bottom, MUTED))
    parts.append(_line(left, up.at(nothing), WIDTH - RIGHT, up.at(nothing), MUTED))
    best = chosen(trials, by_validation, group.better)
    for i, x, y in sorted(points, key=lambda point: point[0] == best):
        radius, colour, opacity = (7, LOSS, 1.0) if i == best else (3.5, MODEL, 0.45)
        place = f'cx="{across.at(x):.1f}" cy="{up.at(y):.1f}" r="{radius}"'
        parts.append(f'<circle {place} fill="{colour}" fill-opacity="{opacity}"/>')
    label = describe(metric).label
    title = f"{label} of {len(points):,} trials: validation (right) against test (up); the chosen one in red"
    return _svg(bottom + 40, [_text(12, 20, title, bold=True), *parts])


@dataclass(frozen=True, kw_only=True)
class _Scale:
    """From values to places on the page."""

    low: float
    high: float
    step: float
    begins: float
    ends: float

    @staticmethod
    def over(values: Sequence[float], begins: float, ends: float) -> "_Scale":
        low, high = min(values), max(values)
        width = (high - low) or 1.0
        raw = width / TICKS
        power = 10.0 ** math.floor(math.log10(raw))
        step = next(power * nice for nice in (1, 2, 5, 10) if power * nice >= raw)
        pad = 0.04 * width
        return _Scale(low=low - pad, high=high + pad, step=step, begins=begins, ends=ends)

    def at(self, value: float) -> float:
        return self.begins + (value - self.low) / (self.high - self.low) * (self.ends - self.begins)

    def marks(self) -> list[float]:
        first, last = math.ceil(self.low / self.step), math.floor(self.high / self.step)
        return [i * self.step for i in range(first, last + 1)]


def _ticks(scale: _Scale, metric: str, top: float, bottom: float) -> Iterator[str]:
    for value in scale.marks():
        yield _line(scale.at(value), top, scale.at(value), bottom, GRID)
        yield _text(scale.at(value), bottom + 18, number(metric, value), anchor="middle", colour=MUTED)


def _line(x1: float, y1: float, x2: float, y2: float, colour: str, width: float = 1.0) -> str:
    ends = f'x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}"'
    return f'<line {ends} stroke="{colour}" stroke-width="{width}"/>'


def _text(x: float, y: float, text: str, *, bold: bool = False, anchor: str = "start", colour: str = INK) -> str:
    weight = ' font-weight="bold"' if bold else ""
    return f'<text x="{x:.1f}" y="{y:.1f}" fill="{colour}" text-anchor="{anchor}"{weight}>{escape(text)}</text>'


def _svg(height: float, parts: Sequence[str]) -> str:
    size = f'width="{WIDTH}" height="{height:.0f}" viewBox="0 0 {WIDTH} {height:.0f}"'
    head = f'<svg xmlns="http://www.w3.org/2000/svg" {size} font-family="Helvetica, Arial, sans-serif" font-size="13">'
    return "\n".join([head, '<rect width="100%" height="100%" fill="white"/>', *parts, "</svg>"]) + "\n"
