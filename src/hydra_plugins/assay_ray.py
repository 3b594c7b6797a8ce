"""`hydra/launcher=ray`: jobs as tasks of a Ray cluster. ray itself is imported when it is used."""

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from hydra.core.config_store import ConfigStore
from hydra.core.hydra_config import HydraConfig
from hydra.core.singleton import Singleton
from hydra.core.utils import JobReturn, JobStatus, run_job, setup_globals
from hydra.plugins.launcher import Launcher
from hydra.types import HydraContext, TaskFunction
from omegaconf import DictConfig, open_dict

ASKS = "hydra/launcher=ray"


@dataclass
class RayLauncherConf:
    """
    address    of the cluster's head, HOST:PORT, or auto: the one on this machine; null: RAY_ADDRESS, else a cluster of
               this command alone, on this machine
    num_cpus   that each job is promised
    num_gpus   that each job is promised
    resources  name -> amount, of what nodes were started with: which of them may run jobs
    """

    _target_: str = "hydra_plugins.assay_ray.RayLauncher"
    address: str | None = None
    num_cpus: float = 1
    num_gpus: float = 0
    resources: dict[str, float] = field(default_factory=dict)


ConfigStore.instance().store(group="hydra/launcher", name="ray", node=RayLauncherConf, provider="assay")


class RayLauncher(Launcher):
    """Jobs run in the folder in which the command runs: nodes share it under the same path."""

    def __init__(self, *, address: str | None, num_cpus: float, num_gpus: float, resources: dict[str, float]) -> None:
        self.address = address
        self.promised: dict[str, Any] = {"num_cpus": num_cpus, "num_gpus": num_gpus, "resources": dict(resources)}

    def setup(self, *, hydra_context: HydraContext, task_function: TaskFunction, config: DictConfig) -> None:
        """Raises ConfigError for a promise of less than nothing, and where nobody answers at the address."""
        from components.errors import ConfigError, Problem
        from runner.compute.cluster import ADDRESS, reach

        amounts = {**self.promised, **self.promised["resources"]}
        for name, amount in amounts.items():
            if isinstance(amount, int | float) and not amount >= 0:
                raise ConfigError(Problem(ASKS, f"hydra.launcher.{name}: {amount} is not allowed", "must be >= 0"))
        self.context, self.task, self.config = hydra_context, task_function, config
        reach(ASKS, self.address or os.environ.get(ADDRESS))

    def launch(self, job_overrides: Sequence[Sequence[str]], initial_job_idx: int) -> Sequence[JobReturn]:
        """One task a job, each tried again elsewhere where its node dies."""
        from runner.compute.cluster import connect

        setup_globals()
        ray = connect(ASKS, self.address)
        try:
            self._check_promises([node["Resources"] for node in ray.nodes() if node["Alive"]])
            run = ray.remote(**self.promised, scheduling_strategy="SPREAD", max_retries=-1)(_run)
            state = Singleton.get_state()
            tasks = [
                run.remote(initial_job_idx + place, list(overrides), self.context, self.config, self.task, state)
                for place, overrides in enumerate(job_overrides)
            ]
            return [self._got(ray, task) for task in tasks]
        finally:
            ray.shutdown()

    def _check_promises(self, nodes: list[dict[str, float]]) -> None:
        """A task that no node can ever run would wait for ever."""
        from components.errors import ConfigError, Problem

        wanted = {"CPU": self.promised["num_cpus"], "GPU": self.promised["num_gpus"], **self.promised["resources"]}
        if not any(all(node.get(name, 0) >= amount for name, amount in wanted.items()) for node in nodes):
            asked = ", ".join(f"{name} {amount:g}" for name, amount in wanted.items() if amount)
            most = ", ".join(f"{name} {max(node.get(name, 0) for node in nodes):g}" for name in wanted if wanted[name])
            message = f"no node has {asked}; the most that one has: {most}"
            raise ConfigError(Problem(ASKS, message, "ask for less in hydra.launcher"))

    def _got(self, ray: Any, task: Any) -> JobReturn:
        try:
            found: JobReturn = ray.get(task)
        except ray.exceptions.RayError as error:
            return JobReturn(status=JobStatus.FAILED, _return_value=RuntimeError(_last_line(error)))
        return found


def _run(
    number: int,
    overrides: list[str],
    context: HydraContext,
    config: DictConfig,
    task: TaskFunction,
    state: dict[Any, Any],
) -> JobReturn:
    """One job, in a process of the cluster."""
    Singleton.set_state(state)
    setup_globals()
    of_job = context.config_loader.load_sweep_config(config, overrides)
    with open_dict(of_job):
        of_job.hydra.job.id, of_job.hydra.job.num = f"{of_job.hydra.job.name}_{number}", number
    HydraConfig.instance().set_config(of_job)
    return run_job(
        hydra_context=context,
        config=of_job,
        task_function=task,
        job_dir_key="hydra.sweep.dir",
        job_subdir_key="hydra.sweep.subdir",
    )


def _last_line(error: Exception) -> str:
    return ([line.strip() for line in str(error).splitlines() if line.strip()] or [type(error).__name__])[-1]
