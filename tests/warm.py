"""A program: runs commands, each in a fork of a process in which the imports of a run are done.

A line of stdin is a JSON object, and so is its answer. One with a folder (and environment, code, arguments, out, err,
seconds) starts a command: without code `python -m runner ARGUMENTS`, else `python -c CODE ARGUMENTS`; the answer is its
process id. One with a pid and whether to wait for it is answered by its exit code, negative for a signal, as subprocess
has it, and the seconds of processor time that it took, or by null while it runs.
"""

import atexit
import contextlib
import gc
import importlib
import json
import os
import signal
import sys
import tempfile
import threading
import traceback
import warnings
from typing import Any

import numpy as np

IMPORTS = (
    *("hydra", "lightgbm", "matplotlib.figure", "matplotlib.backends.backend_agg", "numba.np.arraymath", "onnx"),
    *("numba.np.npdatetime", "pandas", "pyarrow.parquet", "scipy.stats", "sqlalchemy", "rich.console"),
    *("runner.cli", "runner.run", "runner.composition.compose", "runner.composition.configure"),
)


def warm() -> None:
    """Imports, and loads the kernels; nothing that starts threads or remembers anything of a folder."""
    from components.accounts.account import loop
    from components.expressions.kernels import stream_kernels

    for name in IMPORTS:
        importlib.import_module(name)
    stream_kernels()
    loop()
    draw()
    compose()


def compose() -> None:
    """A shipped experiment, so that files and kinds of components are known as far as they are shipped."""
    from runner.composition.configure import configure

    configure(["+experiment=sp500_volatility"])


def draw() -> None:
    """A picture, for which fonts are found and read."""
    from runner.report import theme

    with theme.styled():
        figure, axes = theme.figure(2.0)
        axes[0, 0].set_title("bars")
        axes[0, 0].plot(np.arange("2020-01-01", "2020-03-01", dtype="datetime64[D]"), np.arange(60), label="close")
        theme.dates(axes[0, 0])
        theme.legend(axes[0, 0])
        theme.png(figure)


def become(command: dict[str, Any]) -> None:
    """Makes this process what a new one would be when the command begins."""
    for descriptor, path in ((0, os.devnull), (1, command["out"]), (2, command["err"])):
        file = os.open(path, os.O_RDWR | os.O_CREAT)
        os.dup2(file, descriptor)
        os.close(file)
    signal.alarm(command["seconds"])
    signal.signal(signal.SIGINT, signal.default_int_handler)  # whoever runs tests in the background ignores Ctrl-C
    os.chdir(command["folder"])
    os.environ.clear()
    os.environ.update(command["environment"])
    sys.argv = ["-c" if command["code"] else "runner", *command["arguments"]]
    sys.path.insert(0, command["folder"])
    sys.dont_write_bytecode = bool(os.environ.get("PYTHONDONTWRITEBYTECODE"))
    warnings.simplefilter("error")


def main() -> dict[str, Any]:
    """Serves until stdin ends; returns in the forks alone, in each with its command."""
    with tempfile.TemporaryDirectory() as empty, contextlib.chdir(empty):
        warm()
    gc.freeze()  # what is shared stays shared
    with os.fdopen(os.dup(0)) as commands, os.fdopen(os.dup(1), "w") as answers:
        for line in commands:
            command: dict[str, Any] = json.loads(line)
            if "pid" in command:
                ended, status, used = os.wait4(command["pid"], 0 if command["wait"] else os.WNOHANG)
                found = [os.waitstatus_to_exitcode(status), used.ru_utime + used.ru_stime] if ended else None
                print(json.dumps(found), file=answers, flush=True)
            elif (child := os.fork()) == 0:
                become(command)
                return command
            else:
                print(child, file=answers, flush=True)
    sys.exit()


def ran(code: str | None) -> int:
    """The exit code of the command, after what any process does at its end."""
    result: Any = 0
    try:
        if code:
            exec(compile(code, "<string>", "exec"), {"__name__": "__main__"})
        else:
            from runner.__main__ import main as runner

            runner()
    except SystemExit as ended:
        result = ended.code
    except BaseException:
        result = 1
        traceback.print_exc()
    threading._shutdown()  # type: ignore[attr-defined]
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    return int(result or 0)


if __name__ == "__main__":
    # Taking all those modules down would take as long as importing them.
    os._exit(ran(main()["code"]))
