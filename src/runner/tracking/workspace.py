"""A workspace of W&B in which the trials of a sweep stand beside each other, made by code."""

import os
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from components.errors import ConfigError, Unavailable
from components.optional import installation, missing
from runner.specification.tracker import at_step

if TYPE_CHECKING:
    from wandb_workspaces.workspaces import Workspace

OPTIONAL = ("wandb-workspaces",)
PICTURES = ("equity", "forecast", "folds", "calibration", "costs")
SHOWN = ("level", "state", "sweep_trial", "family_trials")


def comparison(
    *, project: str, entity: str, sweep: str, objectives: Mapping[str, int], parameters: Sequence[str]
) -> "Workspace":
    """Of the trials of a sweep, the best first: parameters against what was searched for, folds, stages, pictures.

    objectives: name of a figure -> 1 where more is better, -1 where less is; parameters: dotted paths of the
    configuration, a slot where choices were searched. Raises ConfigError where the library is missing.
    """
    with _library():
        from wandb_workspaces.reports.v2 import (
            Config,
            LinePlot,
            MediaBrowser,
            ParallelCoordinatesPlot,
            ParallelCoordinatesPlotColumn,
            ParameterImportancePlot,
            RunComparer,
            ScatterPlot,
            SummaryMetric,
        )
        from wandb_workspaces.workspaces import Metric, Ordering, RunsetSettings, Section, Summary, Workspace

        first, better = next(iter(objectives.items()))
        searched = [Config(path if "." in path else f"{path}._target_") for path in parameters]
        found = [SummaryMetric(name) for name in objectives]
        columns = [ParallelCoordinatesPlotColumn(metric=metric) for metric in (*searched, *found)]
        panels = [
            ParallelCoordinatesPlot(columns=columns),
            ParameterImportancePlot(with_respect_to=first),
            *(ScatterPlot(x=path, y=figure) for path in searched for figure in found),
            RunComparer(diff_only=True),
        ]
        folds = [LinePlot(x="fold", y=[at_step("fold", name)]) for name in objectives]
        pictures = [MediaBrowser(media_keys=[f"figures/{name}" for name in PICTURES])]
        return Workspace(
            entity=entity,
            project=project,
            name=f"Sweep {sweep}",
            sections=[
                Section(name="Parameters", panels=panels, is_open=True),
                Section(name="Folds", panels=folds, is_open=True),
                Section(name="Stages", panels=[LinePlot(x="stage", y=[at_step("stage", "seconds")])]),
                Section(name="Pictures", panels=pictures),
            ],
            runset_settings=RunsetSettings(
                filters=[Metric("Group") == sweep],
                order=[Ordering(Summary(first), ascending=better < 0)],
                pinned_columns=[f"summary:{name}" for name in (*objectives, *SHOWN)],
            ),
        )


def saved(workspace: "Workspace") -> str:
    """Its address once W&B has it. Raises Unavailable where W&B cannot be reached, or takes no key."""
    with _library():
        try:
            workspace.save()
        except Exception as error:
            reason = (str(error).splitlines() or [type(error).__name__])[0]
            raise Unavailable(
                f"W&B did not take the workspace: {reason}; `wandb login` and a network are needed"
            ) from None
    return str(workspace.url)


def own_entity() -> str:
    """The user's or team's that a key belongs to. Raises Unavailable where there is no key that W&B takes."""
    if found := os.environ.get("WANDB_ENTITY"):
        return found
    with _library():
        import wandb

        try:
            return str(wandb.Api(timeout=10).default_entity)
        except Exception as error:
            reason = (str(error).splitlines() or [type(error).__name__])[0]
            raise Unavailable(f"W&B does not say whose the workspace is: {reason}; set tracking.entity") from None


@contextmanager
def _library() -> Iterator[None]:
    """Without what it says of its own libraries. Raises ConfigError with the line that installs it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if missing(OPTIONAL):
            raise ConfigError(f"{OPTIONAL[0]} is not installed; {installation(OPTIONAL)}")
        yield
