"""Workers through one of Hydra's launchers, begun again where whatever runs them dies."""

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from shutil import which
from typing import Any

from hydra.core.utils import JobStatus
from hydra.errors import HydraException

from components.errors import AssayError, ConfigError, Problem
from components.optional import installation, missing
from runner.composition.compose import config_loader
from runner.composition.handover import QUIET
from runner.composition.overrides import no_choice, parsed
from runner.sweeps.launched import How, handed
from runner.sweeps.opened import Opened
from runner.sweeps.stopping import ordered
from runner.sweeps.supervising import patience

GROUP = "hydra/launcher"
PACKAGES = {
    "joblib": "hydra-joblib-launcher",
    "submitit_local": "hydra-submitit-launcher",
    "submitit_slurm": "hydra-submitit-launcher",
    "ray": "ray",
}
"""Choice -> the distribution that it needs; extras bring them."""

PROGRAMS = {"submitit_slurm": "srun"}
"""Choice -> the program that it needs."""

Task = Callable[[Any], tuple[How, str]]
Ends = list[tuple[How, str]]


@dataclass(frozen=True, kw_only=True)
class Launcher:
    """One that the command line asked for. overrides: of Hydra, without its choice; choice: its name."""

    choice: str
    overrides: tuple[str, ...]

    def run(self, task: Task, workers: int, folder: str) -> Ends:
        """Calls the task so many times side by side, wherever; how each of them ended. Raises ConfigError."""
        hydra = self._made(task, workers, folder)
        try:
            returned = hydra.launch([[] for _ in range(workers)], initial_job_idx=0)
        except AssayError:
            raise
        except Exception as error:  # whatever it was that ran them has died, and how is each launcher's own affair
            return [("died", f"{type(error).__name__}: {_one_line(error)}")]
        return [_end(each) for each in returned]

    def check(self) -> None:
        """Raises ConfigError where it is not installed, has settings that are not allowed, or is not reachable."""
        where = f"{GROUP}={self.choice}"
        if (package := PACKAGES.get(self.choice)) is not None and missing((package,)):
            hint = f"install it: {installation((package,))}"
            raise ConfigError(Problem(where, f"needs {package}, which is not installed", hint))
        if (program := PROGRAMS.get(self.choice)) is not None and which(program) is None:
            raise ConfigError(
                Problem(where, f"needs {program}, which is not here", "start it on a machine that has it")
            )
        known = config_loader().repository.get_group_options(GROUP)
        if self.choice not in known:
            raise ConfigError(no_choice(GROUP, self.choice, known))
        self._made(lambda _: ("done", ""), 1, ".")

    def _made(self, task: Task, workers: int, folder: str) -> Any:
        from hydra._internal.callbacks import Callbacks
        from hydra.core.plugins import Plugins
        from hydra.core.utils import JobRuntime
        from hydra.types import HydraContext, RunMode

        JobRuntime.instance().set("name", "sweep")
        loader = config_loader()
        overrides = [*QUIET, f"hydra.sweep.dir={folder}", "hydra.sweep.subdir=.", f"{GROUP}={self.choice}"]
        if self.choice == "joblib":
            overrides.append(f"hydra.launcher.n_jobs={workers}")

        def composed(more: Sequence[str]) -> Any:
            return loader.load_configuration(None, [*overrides, *more], RunMode.MULTIRUN, from_shell=False)

        try:
            config = composed(self.overrides)
            context = HydraContext(config_loader=loader, callbacks=Callbacks())
            return Plugins.instance().instantiate_launcher(hydra_context=context, task_function=task, config=config)
        except (HydraException, RuntimeError) as error:
            says = _one_line(error).rstrip(".") + (f": {_one_line(error.__cause__)}" if error.__cause__ else "")
            settings = ", ".join(name for name in composed([]).hydra.launcher if name != "_target_")
            raise ConfigError(Problem(f"{GROUP}={self.choice}", says, f"hydra.launcher has {settings}")) from None


def launcher_of(overrides: Sequence[str]) -> Launcher | None:
    """What `hydra.*` of the command line asks for; None: processes of this machine, without any launcher.

    Raises ConfigError where it cannot be had.
    """
    given = parsed(overrides, config_loader())
    choices = [str(override.input_line).partition("=")[2] for override in given if override.key_or_group == GROUP]
    others = [str(override.input_line) for override in given if override.key_or_group != GROUP]
    choice = choices[-1] if choices else "basic"
    if choice != "basic":
        launcher = Launcher(choice=choice, overrides=tuple(others))
        launcher.check()
        return launcher
    if idle := [text for text in others if text.startswith("hydra.launcher.")]:
        raise ConfigError(Problem(idle[0], "without a launcher it has no effect", f"say {GROUP}=NAME, such as joblib"))
    return None


def launch(opened: Opened, launcher: Launcher) -> None:
    """Runs the workers until nothing is left to do. All of them begin again where none came to the end of the sweep,
    as when a launcher that loses one worker ends the others; what they ran is begun once more.

    Raises AssayError where that does not help, in one line; ConfigError where a machine lacks what it needs.
    """
    task, lasting = handed(opened), patience(opened)
    while True:
        ends = launcher.run(task, opened.settings.workers, str(opened.folder.resolve()))
        failures = [(how, says) for how, says in ends if how != "done"]
        if len(failures) < len(ends) or ordered(opened.folder) is not None:
            for _, says in failures:
                print(f"a worker ended before the others: {says}", file=sys.stderr)
            return
        how, says = failures[0]
        if how == "refused":
            raise ConfigError(Problem(f"{GROUP}={launcher.choice}", says))
        if not lasting.lasts():
            raise AssayError(Problem(f"{GROUP}={launcher.choice}", says))
        print(f"{GROUP}={launcher.choice}: {says}; the workers begin again", file=sys.stderr)


def _end(returned: Any) -> tuple[How, str]:
    """Of a JobReturn."""
    if returned.status == JobStatus.COMPLETED:
        how, says = returned.return_value
        return how, says
    error = returned._return_value
    return "died", f"{type(error).__name__}: {_one_line(error)}"


def _one_line(error: object) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[0] if lines else "no reason is given"
