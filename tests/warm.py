"""A program: runs commands of the runner, each in a fork of a process in which their imports are done.

A line of stdin is a JSON object (folder, environment, arguments, out, err, seconds); the answer is a line with the exit
code, negative for a signal, as subprocess has it. A fork ends as any Python process does.
"""

import atexit
import gc
import importlib
import json
import os
import signal
import sys
import threading
import traceback
import warnings
from typing import Any

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


def become(command: dict[str, Any]) -> None:
    """Makes this process what a new one would be for the command."""
    for descriptor, path in ((0, os.devnull), (1, command["out"]), (2, command["err"])):
        file = os.open(path, os.O_RDWR | os.O_CREAT)
        os.dup2(file, descriptor)
        os.close(file)
    signal.alarm(command["seconds"])
    os.chdir(command["folder"])
    os.environ.clear()
    os.environ.update(command["environment"])
    sys.argv = ["runner", *command["arguments"]]
    sys.path.insert(0, command["folder"])
    warnings.simplefilter("error")


def main() -> None:
    """Serves until stdin ends; returns in the forks alone, each ready for its command."""
    warm()
    gc.freeze()  # what is shared stays shared
    with os.fdopen(os.dup(0)) as commands, os.fdopen(os.dup(1), "w") as answers:
        for line in commands:
            child = os.fork()
            if child == 0:
                become(json.loads(line))
                return
            code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
            print(code, file=answers, flush=True)
    sys.exit()


def run() -> int:
    """The exit code of the command, after what any process does at its end."""
    from runner.__main__ import main as runner

    code: Any = 1
    try:
        runner()
    except SystemExit as ended:
        code = ended.code
    except BaseException:
        traceback.print_exc()
    threading._shutdown()  # type: ignore[attr-defined]
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    return int(code or 0)


if __name__ == "__main__":
    main()
    # Taking all those modules down takes as long as importing them.
    os._exit(run())
