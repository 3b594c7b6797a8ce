"""A Ray cluster: how it is reached, and fits of folds on its nodes through joblib's backend for it.

Every node finds the same folders under the same paths: results come back by the store, not by the cluster.
"""

import copyreg
import os
import socket
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

from components.errors import ConfigError, OutputError, Problem
from components.optional import installation, missing
from runner.compute.stage import Keyed, Work
from runner.compute.threads import one_thread_of_blas

ADDRESS, FOLDS = "RAY_ADDRESS", "resources.folds=ray"
REACH_SECONDS = 5.0
HOW = "start it with ray start --head, with the same RAY_AUTH_TOKEN on every machine"


def connect(who: str, address: str | None) -> Any:
    """The module ray, connected until the process ends; a connection that is there already is used.

    who: setting that asks, for messages; address: HOST:PORT, or auto; None: what RAY_ADDRESS says, else a cluster of
    this process alone. Raises ConfigError, in one line, where there is none, or where it does not let us in.
    """
    if missing(("ray",)):
        raise ConfigError(Problem(who, "needs ray, which is not installed", f"install it: {installation(('ray',))}"))
    import ray

    if ray.is_initialized():
        return ray
    address = address or os.environ.get(ADDRESS) or None
    reach(who, address)
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    paths = [*filter(None, [os.environ.get("PYTHONPATH")]), str(Path.cwd())]
    environment = {"env_vars": {"PYTHONPATH": os.pathsep.join(paths)}}
    options: dict[str, Any] = {} if address else {"include_dashboard": False}
    try:
        ray.init(address=address, logging_level="error", runtime_env=environment, **options)
    except Exception as error:  # whose class depends on what is wrong: no cluster, another token, another version
        lines = [line.strip() for line in str(error).splitlines() if line.strip()]
        says = lines[0] if lines else type(error).__name__
        raise ConfigError(Problem(who, f"{address or 'a cluster of its own'}: {says}", HOW)) from None
    return ray


def reach(who: str, address: str | None) -> None:
    """Raises ConfigError where nobody answers: Ray itself would try for a minute, and then end the process."""
    host, _, port = (address or "").removeprefix("ray://").rpartition(":")
    if host and port.isdigit():
        try:
            socket.create_connection((host, int(port)), timeout=REACH_SECONDS).close()
        except OSError as error:
            reason = error.strerror or str(error)
            raise ConfigError(Problem(who, f"nobody answers at {address}: {reason}", HOW)) from None


def on_nodes(works: Sequence[Work[Any]], workers: int) -> None:
    """Computes on the nodes, side by side, and returns when all of it is kept.

    workers: most at a time, 0: as many as the cluster has processors. Raises OutputError where a node keeps results
    in another folder than we do.
    """
    ray = connect(FOLDS, None)
    from joblib import Parallel, delayed, parallel_config
    from ray.util.joblib import register_ray

    register_ray()
    as_values()
    held: dict[str, _Held] = {}

    def hold(value: Keyed[Any]) -> _Held:
        if value.key not in held:
            held[value.key] = _Held(key=value.key, reference=ray.put(value.value))
        return held[value.key]

    sent = [handed(work, hold) for work in works]
    most = int(ray.cluster_resources().get("CPU", 1))
    with parallel_config("ray", n_jobs=min(workers or most, most, len(works))):
        hosts = Parallel()(delayed(compute)(work) for work in sent)
    for work, host in zip(works, hosts, strict=True):
        if not work.store.has(work.key, work.name):
            place = work.store.root.resolve()
            raise OutputError(
                f"{FOLDS}: what {host} keeps in {place} is not seen here; share the folder between the machines"
            )


@dataclass(frozen=True, kw_only=True)
class _Held:
    """A value that the cluster holds once for all who ask for it."""

    key: str
    reference: Any

    @property
    def value(self) -> Any:
        import ray

        return ray.get(self.reference)


def handed(work: Work[Any], hold: Callable[[Keyed[Any]], Keyed[Any]]) -> Work[Any]:
    """The same for another machine. hold: gives a value the form in which it travels."""
    inputs = {name: None if value is None else hold(value) for name, value in work.inputs.items()}
    return replace(work, inputs=inputs, store=replace(work.store, root=work.store.root.resolve()))


def compute(work: Work[Any]) -> str:
    """Runs on a node, and says on which."""
    with one_thread_of_blas():
        work.compute()
    return socket.gethostname()


def as_values() -> None:
    """Lets processes hand each other read-only maps, such as the fields of a panel, which have no such form."""
    copyreg.pickle(MappingProxyType, _as_dict)


def _as_dict(proxy: Mapping[str, Any]) -> tuple[Callable[..., Any], tuple[dict[str, Any]]]:
    return _read_only, (dict(proxy),)


def _read_only(values: dict[str, Any]) -> Mapping[str, Any]:
    return MappingProxyType(values)
