"""Environments as a user has them: the built wheel, and of everything else only what its core requires."""

import subprocess
import sys
import zipfile
from collections.abc import Iterable, Iterator
from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
READING = ("numpy", "numba", "onnxruntime")


def built_wheel(folder: Path) -> Path:
    """The wheel of this checkout."""
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", folder, ROOT]
    subprocess.run(build, check=True, capture_output=True)
    return next(folder.glob("*.whl"))


def core_environment(folder: Path, wheel: Path) -> Path:
    """A virtual environment with the wheel and its core requirements, and nothing of the checkout; its bin folder.

    What is required is linked from the environment in use, not downloaded; pip puts the wheel itself there.
    """
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True)
    site = next((folder / "lib").glob("python3.*")) / "site-packages"
    for distribution in required(wheel):
        link(distribution, site)
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--python", folder / "bin" / "python"]
    subprocess.run([*pip, "install", "--quiet", "--no-deps", "--no-index", wheel], check=True)
    subprocess.run([*pip, "check"], check=True, capture_output=True)
    return folder / "bin"


def reading_environment(folder: Path, wheel: Path) -> Path:
    """The same without any requirement of the wheel, and with what opens a bundle: numpy, numba and onnxruntime."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True)
    site = next((folder / "lib").glob("python3.*")) / "site-packages"
    for distribution in closure(READING):
        link(distribution, site)
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--python", folder / "bin" / "python"]
    subprocess.run([*pip, "install", "--quiet", "--no-deps", "--no-index", wheel], check=True)
    return folder / "bin"


def required(wheel: Path) -> Iterator[metadata.Distribution]:
    """Every distribution that the wheel requires without any extra, directly or not."""
    with zipfile.ZipFile(wheel) as archive:
        name = next(name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
        about = metadata.PathDistribution(zipfile.Path(archive, name.removesuffix("METADATA")))
        yield from closure(about.requires or ())


def closure(requirements: Iterable[str]) -> Iterator[metadata.Distribution]:
    """Every distribution that these require, directly or not."""
    waiting = [(Requirement(line), "") for line in requirements]
    seen: set[tuple[str, str]] = set()
    found: set[str] = set()
    while waiting:
        requirement, extra = waiting.pop()
        if requirement.marker and not requirement.marker.evaluate({"extra": extra}):
            continue
        name = canonicalize_name(requirement.name)
        for wanted in ("", *requirement.extras):
            if (name, wanted) not in seen:
                seen.add((name, wanted))
                distribution = metadata.distribution(name)
                waiting += [(Requirement(line), wanted) for line in distribution.requires or ()]
        if name not in found:
            found.add(name)
            yield metadata.distribution(name)


def link(distribution: metadata.Distribution, site: Path) -> None:
    """Puts what a distribution installed at the top of the import path there, as links."""
    for top in {Path(file).parts[0] for file in distribution.files or ()} - {"..", "__pycache__"}:
        if not (site / top).exists():
            (site / top).symlink_to(Path(str(distribution.locate_file(top))))
