"""Which pictures a report holds, in their order, and what each one shows."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from runner.recording.run_folder import RunFolder
from runner.report import forecast_pictures, interval_pictures, null_pictures, portfolio_pictures, theme

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True, kw_only=True)
class Picture:
    """A drawn picture: its name is that of its file, its caption says how to read it."""

    name: str
    caption: str
    png: bytes


@dataclass(frozen=True, kw_only=True)
class _Plan:
    name: str
    caption: str
    draw: "Callable[[RunFolder], Figure | None]"


_PLANS = (
    _Plan(
        name="equity",
        draw=portfolio_pictures.equity,
        caption="Portfolio and benchmark after all costs. Drawdown: how far equity lies below its highest "
        "value so far. Exposure: gross is long plus short, net is long minus short.",
    ),
    _Plan(
        name="forecast",
        draw=forecast_pictures.through_time,
        caption="Test spans only: every forecast was made by a model that had not seen its outcome. "
        "Dotted lines: the next fold's model takes over.",
    ),
    _Plan(
        name="calibration",
        draw=forecast_pictures.calibration,
        caption="Test forecasts in ten groups of equal size. Groups on the dashed line mean what they say; "
        "a flat row of groups means that the forecast carries no information. Standard errors count "
        "overlapping labels once; single rows outside the drawn range are left out. Hollow marks: the forecasts "
        "as the model made them, where a calibration has moved them.",
    ),
    _Plan(
        name="intervals",
        draw=interval_pictures.coverage_by_fold,
        caption="How often the outcome of a test row lay in its interval, fold by fold, and how wide the intervals "
        "were. Whiskers: what chance alone leaves open, overlapping labels counted once. Intervals learn "
        "from the past: where markets turn wilder they are too narrow, and too wide where they calm down.",
    ),
    _Plan(
        name="quintiles",
        draw=forecast_pictures.quintiles,
        caption="On each date the symbols are sorted by their forecast into five groups, whose outcomes are "
        "compared with the mean of that date. A useful ranking rises from left to right, and its cumulative "
        "rank correlation rises steadily.",
    ),
    _Plan(
        name="null_worlds",
        draw=null_pictures.ranks,
        caption="The whole search was repeated where nothing foretells the direction of a move. The further "
        "right of their bests the line stands (left, where less is better), the less luck in choosing explains it.",
    ),
    _Plan(
        name="folds",
        draw=forecast_pictures.by_fold,
        caption="Each fold's own test span. A score that lies outside the drawn range stands at its edge, "
        "with its value.",
    ),
    _Plan(
        name="costs",
        draw=portfolio_pictures.costs,
        caption="What the positions earned before costs, what each cost took, and what was left.",
    ),
    _Plan(
        name="splits",
        draw=portfolio_pictures.splits,
        caption="Rows at the seams whose label was not yet known are purged; the vault lies outside every "
        "fold, figure and picture of this report.",
    ),
)


def draw(run: RunFolder) -> tuple[dict[str, bytes], dict[str, str]]:
    """name -> PNG, without those that have nothing to show for this run, and name -> why one could not be drawn."""
    drawn, broken = {}, {}
    with theme.styled():
        for plan in _PLANS:
            try:
                figure = plan.draw(run)
                if figure is not None:
                    drawn[plan.name] = theme.png(figure)
            except Exception as error:
                broken[plan.name] = f"{type(error).__name__}: {error}"
    return drawn, broken


def captioned(images: Mapping[str, bytes]) -> dict[str, Picture]:
    """The drawn pictures in the order of the report, with their captions."""
    return {
        plan.name: Picture(name=plan.name, caption=plan.caption, png=images[plan.name])
        for plan in _PLANS
        if plan.name in images
    }
