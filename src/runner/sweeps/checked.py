"""What `-m`, its plan and `check -m` refuse alike, before anything runs or is written."""

from collections.abc import Sequence
from dataclasses import dataclass

from components.errors import ConfigError, Problem
from components.expressions import reach
from runner.composition.compose import Memo
from runner.composition.configure import configure
from runner.compute.target import parsed_target
from runner.specification.experiment import Experiment
from runner.sweeps.launching import Launcher, launcher_of
from runner.sweeps.nulls.kept import refuse_kinds, refuse_points
from runner.sweeps.opened import Opened, aims_seen, drafted
from runner.sweeps.parts import Part, own_searches, symbols_key
from runner.sweeps.points import Point, check_points, points_of, sample_of
from runner.sweeps.settings import Asked
from runner.sweeps.space import Space, space_of

ACROSS = "compares the symbols of a date, and every search would see one symbol"


@dataclass(frozen=True, kw_only=True, eq=False)
class Checked:
    """A search that may be begun. points: by which its space is judged; seen: those that were composed, all of them but
    in a plan; memo: files that they read; draft: nothing of which is written."""

    asked: Asked
    launcher: Launcher | None
    space: Space
    points: Sequence[Point]
    seen: Sequence[Point]
    memo: Memo
    draft: Opened


def checked(asked: Asked) -> Checked:
    """Reads no bars. Raises ConfigError for settings or points that are wrong, and what does not go together."""
    launcher, settings = launcher_of(asked.hydra), asked.settings
    space = space_of(asked.plain, asked.branches)
    if not space.keys and (settings.trials or 1) > 1:
        hint = "give a parameter several values, such as model.penalty=0.1,1,10, or drop sweep.trials"
        raise ConfigError(Problem("sweep.trials", f"nothing varies: {settings.trials} trials would be the same", hint))
    points = points_of(space, settings)
    seen = sample_of(points, space, settings) if settings.plan else points
    memo = check_points(seen, settings)
    draft = drafted(settings, space, configure(points[0], memo=memo)[0])
    if settings.null_worlds is not None:
        refuse_kinds(seen)
    if settings.by is not None:
        symbols_key(points[0], memo)
        _refuse_across([configure(point, memo=memo)[0] for point in seen])
    return Checked(asked=asked, launcher=launcher, space=space, points=points, seen=seen, memo=memo, draft=draft)


def parts_checked(search: Checked) -> list[Part]:
    """The searches that there are: one, or one for every symbol; reads bars.

    Raises ConfigError for what only the bars tell, and where a shared study cannot be reached.
    """
    settings, memo = search.asked.settings, search.memo
    if settings.null_worlds is not None:
        refuse_points(search.seen)
    if search.draft.journal.shared:
        search.draft.study().refresh()
    whole = Part(asked=search.asked, space=search.space, first=search.points[0])
    if settings.by is None:
        aims_seen(settings, whole.first, memo)
        return [whole]
    parts = own_searches(whole, memo)
    points, own = points_of(parts[0].space, parts[0].asked.settings), parts[0].asked.settings
    check_points(sample_of(points, parts[0].space, own) if settings.plan else points, own)
    aims_seen(own, parts[0].first, memo)
    return parts


def _refuse_across(experiments: Sequence[Experiment]) -> None:
    """Refuses what compares the symbols of a date, where every search sees one."""
    problems = dict[Problem, None]()
    for experiment in experiments:
        if any(reach(node).cross_sectional for node in parsed_target(experiment.target).values()):
            named = hasattr(experiment.target, "cross_sectional")
            hint = f"drop it, or {'set target.cross_sectional=none' if named else 'choose another target'}"
            problems[Problem("sweep.by", f"the target {ACROSS}", hint)] = None
        if experiment.preprocess.cross_sectional:
            hint = "drop it, or choose zscore, which compares with the past"
            problems[Problem("sweep.by", f"preprocess {ACROSS}", hint)] = None
    if problems:
        raise ConfigError(*problems)
