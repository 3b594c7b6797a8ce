"""Which code the stages of a run reach, found by running them: `python -m reached RESULT.json OVERRIDE ...`.

Run with NUMBA_DISABLE_JIT=1 and resources.threads=1, so that every call is one that Python makes in this thread.
"""

import functools
import json
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

import runner.compute.stage as stages
from runner.compute.pipeline import execute, open_cache, prepare
from runner.compute.stage import Stage

SOURCES = Path(stages.__file__).parents[2]


@dataclass
class Watch:
    """What ran while which stage's own function, or the form of its result, did.

    functions: of every stage by key; opened: data files likewise; made: what every hash was made of.
    """

    functions: dict[str, set[CodeType]] = field(default_factory=dict)
    opened: dict[str, set[str]] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    made: dict[str, Any] = field(default_factory=dict)
    own: set[CodeType] = field(default_factory=set)
    running: list[tuple[FrameType, str | None, str]] = field(default_factory=list)

    def hash(self, value: Any) -> str:
        made = _hash(value)
        self.made[made] = json.loads(json.dumps(value))
        return made

    def origin(self, cache: Any, fn: Any, inputs: Any, settings: Any, form: Any) -> Any:
        self.own.add(fn.__code__)
        if form is not None:
            self.own |= {type(form).encode.__code__, type(form).decode.__code__}
        return _origin(cache, fn, inputs, settings, form)

    def heard(self, frame: FrameType, event: str, _: Any) -> None:
        code = frame.f_code
        if event == "call":
            if code is VALUE:
                asked = frame.f_locals["self"]
                self.names[asked.key] = asked.name
                self.running.append((frame, None, asked.key))
            elif code in self.own and self.running and self.running[-1][1] is None:
                self.running.append((frame, self.running[-1][2], ""))
                _forget()
            if self.running and (key := self.running[-1][1]) is not None:
                self.functions.setdefault(key, set()).add(code)
        elif event == "return" and self.running and self.running[-1][0] is frame:
            self.running.pop()

    def audited(self, event: str, values: tuple[Any, ...]) -> None:
        if event == "open" and self.running and (key := self.running[-1][1]) is not None:
            path = str(values[0])
            if path.startswith(str(SOURCES)) and not path.endswith((".py", ".pyc")):
                self.opened.setdefault(key, set()).add(path)

    def result(self) -> list[dict[str, Any]]:
        return [
            {
                "stage": self.names[key],
                "subjects": sorted(set(self.subjects(key))),
                "functions": sorted(
                    {(code.co_filename, code.co_qualname, code.co_firstlineno) for code in codes if _is_ours(code)}
                ),
                "files": sorted(self.opened.get(key, ())),
            }
            for key, codes in self.functions.items()
        ]

    def subjects(self, key: str) -> list[str]:
        """Whose code the key is made of, its inputs' included."""
        seen: set[str] = set()
        pending, found = [key], []
        while pending:
            value = self.made.get(pending.pop())
            if isinstance(value, Mapping) and "code" in value:
                found += list(value["code"])
                value = value["inputs"]
            new = {text for text in _texts(value) if text in self.made} - seen
            seen |= new
            pending += new
        return found


VALUE = Stage.value.fget.__code__
_hash, _origin = stages.content_hash, stages.Cache._origin


def _texts(value: Any) -> list[str]:
    if isinstance(value, Mapping):
        return [text for item in value.values() for text in _texts(item)]
    if isinstance(value, list | tuple):
        return [text for item in value for text in _texts(item)]
    return [value] if isinstance(value, str) else []


def _is_ours(code: CodeType) -> bool:
    return code.co_filename.startswith(str(SOURCES))


def _forget() -> None:
    """What functions remember would hide what they reach."""
    for name, module in list(sys.modules.items()):
        if name.startswith(("components.", "runner.")) and not name.startswith("runner.storage."):
            for value in list(vars(module).values()):
                if isinstance(value, functools._lru_cache_wrapper):
                    value.cache_clear()


def watched(overrides: list[str]) -> list[dict[str, Any]]:
    """The stages of a run, from the panel to figures and verdict."""
    import io

    from runner.composition.configure import configure
    from runner.console import Console
    from runner.judging.evidence import gather
    from runner.judging.judge import conclude
    from runner.judging.tries import tried_alone
    from runner.specification.places import Places

    watch = Watch()
    stages.content_hash = watch.hash  # type: ignore[assignment]
    stages.Cache._origin = lambda *values: watch.origin(*values)  # type: ignore[method-assign,assignment]
    experiment, _ = configure(overrides)
    with tempfile.TemporaryDirectory() as folder:
        cache = open_cache(Places(outputs=Path(folder)), Console(io.StringIO()))
        sys.addaudithook(watch.audited)
        sys.setprofile(watch.heard)
        prepared = prepare(experiment, cache)
        executed = execute(experiment, prepared, cache)
        executed.fit()
        gathered = gather(experiment, prepared, executed, cache)
        trials = tried_alone(gathered.evidence, cache)
        judged = conclude(experiment, prepared, executed, gathered, trials, cache)
        sys.setprofile(None)
        if judged.broken:
            raise SystemExit(f"broken: {judged.broken}")
        return watch.result()


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(json.dumps(watched(sys.argv[2:])))
