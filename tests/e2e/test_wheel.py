"""The built wheel, in any folder: its own conf/ serves, a local one comes first, outputs go to the folder."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from harness import environment

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel's content, as an installer lays it out."""
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", folder, ROOT]
    subprocess.run(build, check=True, capture_output=True)
    site = folder / "site"
    zipfile.ZipFile(next(folder.glob("*.whl"))).extractall(site)
    return site


def run(site: Path, folder: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "runner", *arguments],
        cwd=folder, env=environment(folder) | {"PYTHONPATH": str(site)},
        capture_output=True, text=True, check=False,
    )  # fmt: skip


def test_the_wheel_holds_what_it_needs(site: Path) -> None:
    names = {path.relative_to(site).as_posix() for path in site.rglob("*") if path.is_file()}
    assert {
        "runner/conf/config.yaml",
        "runner/conf/experiment/sp500_volatility.yaml",
        "runner/report/template.html.j2",
        "runner/report/style.css",
        "hydra_plugins/assay.py",
        "components/expressions/kernels/moments.py",
    } <= names
    assert not [name for name in names if name.startswith(("tests/", "tools/", "conf/"))]


def test_runs_in_any_folder(site: Path, tmp_path: Path) -> None:
    process = run(site, tmp_path, "+experiment=sp500_volatility")
    assert process.returncode == 0, process.stderr
    assert (tmp_path / "outputs" / "latest" / "report.html").is_file()
    assert (tmp_path / "outputs" / "registry" / "sp500_volatility" / "1" / "model.onnx").is_file()
    assert "local files" not in process.stdout


def test_a_local_conf_comes_first_and_is_told(site: Path, tmp_path: Path) -> None:
    local = tmp_path / "conf" / "model"
    local.mkdir(parents=True)
    shipped = (site / "runner" / "conf" / "model" / "lightgbm.yaml").read_text()
    (local / "lightgbm.yaml").write_text(shipped.replace("num_leaves: 15", "num_leaves: 4"))
    process = run(site, tmp_path, "+experiment=sp500_volatility", "debug=fast", "tracking=none")
    assert process.returncode == 0, process.stderr
    assert f"conf{os.sep}model{os.sep}lightgbm.yaml" in process.stdout
    assert "num_leaves: 4" in (tmp_path / "outputs" / "latest" / "config.yaml").read_text()
