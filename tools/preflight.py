"""Says in one line what this machine lacks, before anything is made or downloaded: `python3 tools/preflight.py`.

Any Python since 3.6 can read it, also one that is too old for the rest.
"""

import ctypes
import importlib.util
import sys

OLDEST = (3, 11, 5)
OPENMP = "libgomp.so.1"


def lacking(version, modules, openmp):
    """What is missing, with what brings it.

    version: of Python; modules: whether each module that makes virtual environments is there; openmp: whether the
    OpenMP runtime, which LightGBM brings along nowhere, can be loaded.
    """
    if version < OLDEST:
        oldest, this = (".".join(map(str, each)) for each in (OLDEST, version))
        yield f"Python {oldest} or later (this is {this}; name another one with: make PYTHON=python3.11)"
    if not all(modules):
        yield "Python's venv and ensurepip (Debian, Ubuntu: apt-get install python3-venv)"
    if not openmp:
        how = "Debian, Ubuntu: apt-get install libgomp1; Fedora: dnf install libgomp; Alpine: apk add libgomp"
        yield f"the OpenMP runtime {OPENMP} ({how})"


def loads(library):
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True


def main():
    modules = [importlib.util.find_spec(name) is not None for name in ("venv", "ensurepip")]
    openmp = sys.platform != "linux" or loads(OPENMP)
    found = list(lacking(sys.version_info[:3], modules, openmp))
    if found:
        sys.exit("Assay needs " + "; and ".join(found))


if __name__ == "__main__":
    main()
