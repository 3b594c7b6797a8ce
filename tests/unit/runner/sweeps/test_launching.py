"""Which launcher a command line asks for, and what is said before anything runs."""

import socket
import sys

import pytest

from components.errors import ConfigError
from runner.sweeps import launching
from runner.sweeps.launching import Launcher, launcher_of

HOW = "start it with ray start --head, with the same RAY_AUTH_TOKEN on every machine"
RAY = "hydra.launcher has address, num_cpus, num_gpus, resources"


def refusal(*texts: str) -> str:
    with pytest.raises(ConfigError) as refused:
        launcher_of(texts)
    return str(refused.value)


def test_without_one_and_with_the_basic_one_processes_of_this_machine_run() -> None:
    assert launcher_of([]) is None
    assert launcher_of(["hydra/launcher=basic"]) is None
    assert refusal("hydra.launcher.n_jobs=2") == (
        "hydra.launcher.n_jobs=2: without a launcher it has no effect; say hydra/launcher=NAME, such as joblib"
    )


def test_the_last_choice_counts_in_whatever_order_its_settings_stand() -> None:
    found = launcher_of(["hydra.launcher.num_cpus=2", "hydra/launcher=joblib", "hydra/launcher=ray"])
    assert found == Launcher(choice="ray", overrides=("hydra.launcher.num_cpus=2",))


@pytest.mark.parametrize(
    ("texts", "says"),
    [
        (
            ["hydra/launcher=ray", "hydra.launcher.adress=x"],
            "hydra/launcher=ray: Could not override 'hydra.launcher.adress': "
            f"Key 'adress' not in 'RayLauncherConf'; {RAY}",
        ),
        (
            ["hydra/launcher=ray", "hydra.launcher.num_cpus=x"],
            "hydra/launcher=ray: Error merging override hydra.launcher.num_cpus=x: "
            f"Value 'x' of type 'str' could not be converted to Float; {RAY}",
        ),
        (
            ["hydra/launcher=ray", "hydra.launcher._target_=os.system"],
            f"hydra/launcher=ray: Invalid plugin 'os.system': not the hydra_plugins package; {RAY}",
        ),
        (
            ["hydra/launcher=ray", "hydra.launcher.num_cpus=-1.0"],
            "hydra/launcher=ray: hydra.launcher.num_cpus: -1.0 is not allowed; must be >= 0",
        ),
    ],
)
def test_settings_that_are_none_of_its_own_are_refused(texts: list[str], says: str) -> None:
    assert refusal(*texts) == says


def test_a_launcher_that_is_not_there_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    says = refusal("hydra/launcher=rockets")
    assert says.startswith("hydra/launcher=rockets: no such choice for hydra/launcher; choices: basic, ")
    monkeypatch.setitem(launching.PACKAGES, "ray", "no-such-distribution")
    assert refusal("hydra/launcher=ray") == (
        "hydra/launcher=ray: needs no-such-distribution, which is not installed; "
        f"install it: {sys.executable} -m pip install no-such-distribution"
    )
    monkeypatch.setitem(launching.PROGRAMS, "ray", "no-such-program")
    monkeypatch.setitem(launching.PACKAGES, "ray", "numpy")
    assert refusal("hydra/launcher=ray") == (
        "hydra/launcher=ray: needs no-such-program, which is not here; start it on a machine that has it"
    )


def test_a_cluster_that_does_not_answer_is_refused_at_once() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    assert refusal("hydra/launcher=ray", f"hydra.launcher.address={address}") == (
        f"hydra/launcher=ray: nobody answers at {address}: Connection refused; {HOW}"
    )
