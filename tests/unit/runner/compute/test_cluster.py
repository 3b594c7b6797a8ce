"""How a cluster is reached, and what is handed to its nodes; tests/e2e/test_ray.py runs folds on a real one."""

import pickle
import socket
from pathlib import Path
from types import MappingProxyType

import pytest

from components.errors import ConfigError
from runner.compute import cluster
from runner.compute.stage import Given, Work
from runner.storage.formats import FILES, Files
from runner.storage.store import Store


def doubled(bars: dict[str, float], *, times: int) -> Files:
    return {"value": str(bars["close"] * 2**times).encode()}


def test_nobody_at_the_address_is_one_line() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    with pytest.raises(ConfigError) as refused:
        cluster.reach("resources.folds=ray", address)
    assert str(refused.value) == (
        f"resources.folds=ray: nobody answers at {address}: Connection refused; "
        "start it with ray start --head, with the same RAY_AUTH_TOKEN on every machine"
    )
    for nowhere in (None, "auto", "local"):
        cluster.reach("resources.folds=ray", nowhere)


def test_work_is_done_as_well_by_another_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    given = Given(key="k", value=MappingProxyType({"close": 3.0}))
    work = Work(
        name="doubled", key="f" * 64, fn=doubled, inputs={"bars": given}, settings={"times": 2},
        form=FILES, origin={"made": "of"}, store=Store(root=Path("store")),
    )  # fmt: skip
    cluster.as_values()
    sent = pickle.dumps(cluster.handed(work, lambda value: value))
    monkeypatch.chdir("/")
    assert cluster.compute(pickle.loads(sent)) == socket.gethostname()
    store = Store(root=tmp_path / "store")
    assert store.read("f" * 64, "doubled", "value") == b"12.0"
    assert store.origin("f" * 64, "doubled") == {"made": "of"}
