"""Stages: functions of values whose keys nobody types.

A stage's key follows from its code, its settings and the keys of its inputs, see `runner.compute.keys`. Its value is
looked up when it is first asked for, and computed where the store lacks it: what nobody asks for is neither read nor
computed.
"""

import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from types import FunctionType
from typing import Any, Generic, Protocol, TypeVar

from runner.compute.keys import Settings, made_of, plain
from runner.storage.canonical import content_hash
from runner.storage.code import code_of
from runner.storage.formats import Format
from runner.storage.store import Store

TRIALS_REMEMBERED = 2
WORTH_KEEPING = 0.05
"""Processor seconds that are worth an entry of the store, where many trials follow each other."""

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


class Shown(Protocol):
    """A stage on the terminal while it runs: `cached` is set where its result was found, `seconds` when it ends."""

    cached: bool
    seconds: float

    def progress(self, done: int, of: int, what: str = "fold") -> None:
        """How many of its parts are done; what: one of them is."""
        ...


class Progress(Protocol):
    """Shows the stages of a run."""

    def stage(self, name: str) -> AbstractContextManager[Shown]: ...


class Pruned(Exception):
    """An observer has stopped the trial. fold: the last that was heard; reason: one clause."""

    def __init__(self, fold: int, reason: str) -> None:
        super().__init__(f"pruned after fold {fold}: {reason}")
        self.fold, self.reason = fold, reason


class Observer(Protocol):
    """Hears what a run finds out while it runs. May raise Pruned."""

    def fold(self, number: int, fit: Any) -> None:
        """A fold was fitted, all before it were heard; fit: what it came to."""
        ...


class Keyed(Protocol[T_co]):
    """A value that a stage can take: with a key that tells it from every other value."""

    @property
    def key(self) -> str: ...

    @property
    def value(self) -> T_co: ...


@dataclass(frozen=True, kw_only=True, eq=False)
class Given(Generic[T]):
    """A value that is there already, with a hash of its content as key."""

    key: str
    value: T


@dataclass(frozen=True, kw_only=True)
class Parts:
    """Where a stage keeps the parts of its result."""

    store: Store
    place: str


@dataclass(frozen=True, kw_only=True, eq=False)
class Work(Generic[T]):
    """What a stage computes that is kept, as plain values: any process that reaches the store can do it."""

    name: str
    key: str
    fn: Callable[..., T]
    inputs: Mapping[str, Any]
    settings: Mapping[str, Any]
    form: Format[T]
    origin: Mapping[str, Any]
    store: Store

    def compute(self) -> T:
        """The value, found or computed and kept."""

        def call() -> T:
            return self.fn(**{given: _values(value) for given, value in self.inputs.items()}, **self.settings)

        return self.store.compute(self.key, self.name, call, self.form, self.origin)


@dataclass(frozen=True, kw_only=True, eq=False)
class Stage(Generic[T]):
    """A result, found or computed when its value is first asked for, by any number of threads once.

    name: of its function; origin: what the key was made of, plain; find: the value; kept: whether the store has it;
    remembered: whether the value stays in memory; held: whether it does as long as its trial lasts; work: for other
    processes, None where nothing is kept.
    """

    name: str
    key: str
    origin: Mapping[str, Any]
    find: Callable[[], T] = field(repr=False)
    kept: Callable[[], bool] = field(repr=False)
    remembered: bool = True
    held: bool = False
    work: Work[T] | None = None
    _lock: threading.RLock = field(default_factory=threading.RLock, repr=False)
    _found: list[T] = field(default_factory=list, repr=False)

    @property
    def at_hand(self) -> bool:
        """Whether the value is in memory."""
        return bool(self._found)

    @property
    def value(self) -> T:
        with self._lock:
            if self._found:
                return self._found[0]
            value = self.find()
            if self.remembered or self.held:
                self._found.append(value)
            return value

    def forget(self) -> None:
        """Frees the memory of the value; it is found again where it is asked for."""
        self._found.clear()

    def ensure(self) -> bool:
        """Sees to it that the value is kept, and says whether it was."""
        if (self.held and self._found) or self.kept():
            return True
        self.value  # noqa: B018  # computed and kept
        return False


@dataclass(kw_only=True)
class Memory:
    """Stages of the trials of one process, by key: those that the last few trials asked for stay, values included.

    settings: of the same trials, as keys are made of them."""

    settings: Settings = field(default_factory=Settings)
    _stages: dict[str, tuple[int, Stage[Any]]] = field(default_factory=dict[str, tuple[int, Stage[Any]]])
    _shared: dict[str, tuple[int, Any]] = field(default_factory=dict[str, tuple[int, Any]])
    _trial: int = 0

    def get(self, key: str) -> Stage[Any] | None:
        held = self._stages.get(key)
        return None if held is None else self.keep(held[1])

    def keep(self, stage: Stage[T]) -> Stage[T]:
        self._stages[stage.key] = (self._trial, stage)
        return stage

    def shared(self, key: str, make: Callable[[], T]) -> T:
        """What was made under this key in one of the last trials, else what is made now."""
        value: T = self._shared[key][1] if key in self._shared else make()
        self._shared[key] = (self._trial, value)
        return value

    def next_trial(self) -> None:
        """Forgets what the last trials had no use for, and values that are not worth their memory beyond one."""
        self._trial += 1
        self.settings.next_trial()
        oldest = self._trial - TRIALS_REMEMBERED
        for key, (asked, stage) in list(self._stages.items()):
            if not stage.remembered:
                stage.forget()
            if asked < oldest or not stage.remembered:
                del self._stages[key]
        self._shared = {key: (asked, value) for key, (asked, value) in self._shared.items() if asked >= oldest}


@dataclass(frozen=True, kw_only=True, eq=False)
class Cache:
    """Makes stages over a store; shows and remembers how long each took.

    observer: None where nobody listens. memory: of a process that runs many trials, None of a single run: stages are
    found there first, and only what is `lasting` or took longer than WORTH_KEEPING is written to the store.
    times: of the shown ones, in the order in which they ended; made: every stage, by name, the last of a name.
    """

    store: Store
    progress: Progress
    observer: Observer | None = None
    memory: Memory | None = None
    times: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    made: dict[str, Stage[Any]] = field(default_factory=dict[str, Stage[Any]])
    _told: set[str] = field(default_factory=set[str], repr=False)

    @property
    def reader(self) -> Settings:
        """Of settings, as keys are made of them."""
        return Settings() if self.memory is None else self.memory.settings

    def stage(
        self,
        fn: Callable[..., T],
        *,
        inputs: Mapping[str, Any],
        settings: Mapping[str, Any] | None = None,
        form: Format[T] | None,
        shown: str | None = None,
        part: str = "",
        remembered: bool = True,
        lasting: bool = False,
    ) -> Stage[T]:
        """The stage `fn(**values of the inputs, **settings)`.

        fn: a function of a module. inputs: keyed values, None, and lists and maps of them. settings: components,
        plain values, and lists and maps of these; parameters that a component declares inert are no part of the
        key. form: how the result is kept; None: it is computed anew in every process. shown: its name on the
        terminal. part: tells stages of one function apart where they are listed, no part of the key. remembered:
        False: the value is read again whenever it is asked for, but by a cache with memory only in the next trial.
        lasting: it is kept in the store however little time it took.
        """
        settings = settings or {}
        origin = self._origin(fn, inputs, settings, form)
        key, name = content_hash(origin), fn.__name__
        if self.memory is not None and (held := self.memory.get(key)) is not None:
            return self._noted(held, part)

        def call() -> T:
            return fn(**{given: _values(value) for given, value in inputs.items()}, **settings)

        def find() -> T:
            entry = None if form is None else self.store.get(key, name)
            if entry is not None and form is not None:
                with self._shown(shown) as stage:
                    stage.cached = True
                    return entry.load(form)
            _values(inputs)  # they show themselves, before this stage does
            with self._shown(shown) as stage:
                if form is None:
                    return call()
                if self.memory is not None:
                    return self._worth_keeping(key, name, call, form, origin, lasting=lasting)
                return self._computed(key, name, call, form, origin, stage)

        def kept() -> bool:
            return form is not None and self.store.has(key, name)

        work = None
        if form is not None:
            given = {"inputs": inputs, "settings": settings}
            work = Work(name=name, key=key, fn=fn, form=form, origin=origin, store=self.store, **given)
        made = Stage(
            name=name,
            key=key,
            origin=origin,
            find=find,
            kept=kept,
            remembered=remembered,
            held=self.memory is not None,
            work=work,
        )
        return self._noted(made, part)

    def _worth_keeping(
        self, key: str, name: str, call: Callable[[], T], form: Format[T], origin: Mapping[str, Any], *, lasting: bool
    ) -> T:
        began = time.thread_time()
        value = call()
        if not lasting and time.thread_time() - began < WORTH_KEEPING:
            return value
        return self.store.keep(key, name, value, form, origin)

    def parted(
        self,
        fn: Callable[..., tuple[T, int]],
        *,
        inputs: Mapping[str, Any],
        settings: Mapping[str, Any],
        common: Mapping[str, Any],
        shown: str,
        part: str = "",
    ) -> Stage[T]:
        """The stage `fn(**values of the inputs, **settings, parts=...)`, which keeps its result in parts by itself
        and returns it with the number of values that it had to compute.

        common: what all tables that may share parts have in common, besides the code. part: as of `stage`.
        """
        origin = self._origin(fn, inputs, settings, None)
        key = content_hash(origin)
        if self.memory is not None and (held := self.memory.get(key)) is not None:
            return self._noted(held, part)
        place = f"{fn.__name__}-{content_hash([origin['code'], plain(common)])[:16]}"

        def find() -> T:
            values = {given: _values(value) for given, value in inputs.items()}
            with self._shown(shown) as stage:
                value, computed = fn(**values, **settings, parts=Parts(store=self.store, place=place))
                stage.cached = computed == 0
                return value

        made = Stage(name=fn.__name__, key=key, origin=origin, find=find, kept=_never)
        return self._noted(made, part)

    def _computed(
        self, key: str, name: str, call: Callable[[], T], form: Format[T], origin: Mapping[str, Any], stage: Shown
    ) -> T:
        stage.cached = True  # another process may have computed it meanwhile

        def compute() -> T:
            stage.cached = False
            return call()

        return self.store.compute(key, name, compute, form, origin)

    def key(self, fn: Callable[..., Any], *, inputs: Mapping[str, Any], settings: Mapping[str, Any]) -> str:
        """The key that a stage of this function would have."""
        return content_hash(self._origin(fn, inputs, settings, None))

    def run(self, name: str, fn: Callable[[], T]) -> T:
        """A step that is no stage: it is shown, and never kept."""
        with self._shown(name):
            return fn()

    def drop(self, stage: Stage[Any]) -> None:
        """Forgets a result that shall not be found again."""
        self.store.drop(stage.key, stage.name)

    def _noted(self, stage: Stage[T], part: str) -> Stage[T]:
        """Remembers the stage, and what its key was made of, which no entry tells where its result is not kept."""
        if self.memory is not None:
            self.memory.keep(stage)
        elif stage.key not in self._told:
            self._told.add(stage.key)
            self.store.describe(stage.key, stage.origin)
        self.made[f"{stage.name} {part}".rstrip()] = stage
        return stage

    def _origin(
        self, fn: Callable[..., Any], inputs: Mapping[str, Any], settings: Mapping[str, Any], form: Any
    ) -> dict[str, Any]:
        origin, subjects = made_of(fn, inputs, settings, form, self.reader)
        if self.memory is None:
            for digest, subject in subjects.items():
                self._keep(digest, subject)
        return origin

    def _keep(self, digest: str, subject: type | FunctionType) -> None:
        """What code a digest stands for, so that `store why` can name the function that changed."""
        if digest in self._told:
            return
        self._told.add(digest)
        if not self.store.describes(digest):
            code = code_of(subject)
            parts = {name: digest[:16] for name, digest in code.parts.items()}
            self.store.describe(digest, {"parts": parts, "versions": code.versions})

    @contextmanager
    def _shown(self, name: str | None) -> Iterator[Shown]:
        if name is None:
            yield _Silent()
            return
        with self.progress.stage(name) as stage:
            yield stage
        self.times.append({"name": name, "seconds": round(stage.seconds, 4), "cached": stage.cached})

    @contextmanager
    def group(self, name: str) -> Iterator[Shown]:
        """Several stages shown as one; whoever runs them says whether all were found."""
        with self._shown(name) as stage:
            yield stage

    def quiet(self) -> "Cache":
        """The same store; nothing is shown, heard or remembered."""
        return Cache(store=self.store, progress=Unseen(), memory=self.memory)


def _never() -> bool:
    """A value that no entry of the store is."""
    return False


@dataclass
class _Silent:
    cached: bool = False
    seconds: float = 0.0

    def progress(self, done: int, of: int, what: str = "fold") -> None:
        """Nobody sees it."""


class Unseen:
    """Progress that is not shown."""

    @contextmanager
    def stage(self, name: str) -> Iterator[Shown]:
        yield _Silent()


def joint_key(*values: Keyed[Any]) -> str:
    """One key for several values together."""
    return content_hash([value.key for value in values])


def _values(value: Any) -> Any:
    if value is None:
        return None
    if isinstance(value, Mapping):
        return {name: _values(item) for name, item in value.items()}
    if isinstance(value, Sequence):
        return tuple(_values(item) for item in value)
    return value.value
