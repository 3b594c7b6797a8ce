"""Whatever is edited, removed or added in registry, openings, runs or ledger: `verify` names it. One forgery a line."""

import json
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from runner.bundle.layout import SUMS, checksums
from runner.cli import main
from runner.promotion.verify import verify_all
from runner.recording.sealed import LOOSE
from runner.specification.places import HERE

NAME = "drift"
VERSION = HERE.registry / NAME / "1"
REASONED = HERE.registry / "yardstick" / "1"
IMPOSSIBLE = "gates.checks.stable_folds.minimum=0.99"
LEDGER = Path("ledger.sqlite")
Forgery = tuple[str, Callable[[], object]]


def edited(file: Path, **changes: object) -> None:
    file.write_text(json.dumps({**json.loads(file.read_text()), **changes}, indent=1) + "\n")


def flipped(file: Path) -> None:
    """One byte in the middle is another."""
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    file.write_bytes(bytes(data))


def summed(folder: Path) -> None:
    """The checksums made to fit, as by somebody who knows how."""
    files = {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file() and path.name != SUMS}
    (folder / SUMS).write_bytes(checksums(files))


def resummed(change: Callable[[], object], folder: Path = VERSION) -> Callable[[], object]:
    return lambda: (change(), summed(folder))


def moves(name: str = NAME) -> list[Path]:
    return sorted((HERE.registry / name / "moves").glob("*.json"), key=lambda path: int(path.stem))


def opening() -> Path:
    return sorted((HERE.registry / ".openings").glob("[!.]*"))[0]


def run_folder() -> Path:
    return sorted((HERE.outputs / "runs" / NAME).iterdir())[0]


def sql(*statements: str) -> None:
    with sqlite3.connect(LEDGER) as base:
        for (name,) in base.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            base.execute(f"DROP TRIGGER {name}")
        for statement in statements:
            base.execute(statement)


def of_versions() -> Iterator[Forgery]:
    for file in sorted(VERSION.iterdir()):
        yield f"{file.name} flipped", lambda file=file: flipped(file)
        yield f"{file.name} removed", lambda file=file: file.unlink()
        if file.name != SUMS:
            yield f"{file.name} flipped and summed", resummed(lambda file=file: flipped(file))
    gates, promotion, bundle = VERSION / "gates.json", VERSION / "promotion.json", VERSION / "bundle.json"
    yield "gates passed", resummed(lambda: edited(gates, passed=True, gates=[]))
    yield "an override invented", resummed(lambda: edited(promotion, override={"reason": "x", "failed": [], "at": ""}))
    yield "figures of the vault", resummed(lambda: edited(promotion, metrics={"vault/r2": 0.99}))
    yield (
        "another run key",
        resummed(lambda: edited(bundle, run={**json.loads(bundle.read_text())["run"], "run_key": "0" * 64})),
    )
    yield "an older format", resummed(lambda: edited(bundle, format_version=3))
    yield (
        "a reason softened",
        resummed(
            lambda: edited(
                REASONED / "promotion.json",
                override={**json.loads((REASONED / "promotion.json").read_text())["override"], "reason": "approved"},
            ),
            REASONED,
        ),
    )
    yield "a reason gone", resummed(lambda: edited(REASONED / "gates.json", override=None), REASONED)
    yield "a further file", lambda: (VERSION / "model.pkl").write_bytes(b"x")
    yield "a version copied", lambda: shutil.copytree(VERSION, VERSION.with_name("9"))
    yield "a version renamed", lambda: VERSION.rename(VERSION.with_name("9"))
    yield "a version removed", lambda: shutil.rmtree(VERSION)
    yield (
        "two versions exchanged",
        lambda: (
            VERSION.rename(VERSION.with_name("t")),
            VERSION.with_name("2").rename(VERSION),
            VERSION.with_name("t").rename(VERSION.with_name("2")),
        ),
    )


def of_moves() -> Iterator[Forgery]:
    changes = {"alias": "challenger", "version": 1, "why": "rollback", "at": "2020-01-01", "override": "x", "before": 2}
    for field, value in changes.items():
        yield f"{field} of the newest move", lambda f=field, v=value: edited(moves()[-1], **{f: v})
        yield (
            f"{field} of the first move",
            lambda f=field, v=value: edited(moves()[0], **{f: 2 if f == "version" else v}),
        )
    yield "the reason of a move", lambda: edited(moves("yardstick")[0], override="approved")
    yield "the newest move removed", lambda: moves()[-1].unlink()
    yield "the two newest moves removed", lambda: [file.unlink() for file in moves()[-2:]]
    yield "the first move removed", lambda: moves()[0].unlink()
    yield "all moves removed", lambda: shutil.rmtree(moves()[0].parent)
    yield "a move added", lambda: _added_move()
    yield "a move that is none", lambda: moves()[0].write_text("{")


def _added_move() -> None:
    from runner.bundle import aliases

    class Silent:
        def pending(self, last):
            return None

        def note(self, made):
            return True

    aliases.move(HERE.registry, NAME, "champion", 1, why="rollback", witness=Silent())


def of_openings() -> Iterator[Forgery]:
    yield "a figure of an opening", lambda: edited(opening() / "opening.json", metrics={"vault/r2": 9.99})
    yield "the head of an opening", lambda: edited(opening() / "opening.json", ledger_head=f"1:{'0' * 64}")
    yield "the verdict of an opening", lambda: edited(opening() / "opening.json", verdict={"passed": True, "gates": []})
    yield "evidence of an opening", lambda: flipped(opening() / "evidence.npz")
    yield "a damaged opening", lambda: (opening() / "opening.json").write_text("{")
    yield "an opening without its file", lambda: (opening() / "opening.json").unlink()
    yield "an opening removed", lambda: shutil.rmtree(opening())
    yield "an opening invented", lambda: shutil.copytree(opening(), opening().with_name("0" * 64))
    yield "a further file of an opening", lambda: (opening() / "notes.json").write_text("{}")


def of_the_ledger() -> Iterator[Forgery]:
    yield "no series", lambda: sql("DELETE FROM series")
    yield "a series removed", lambda: sql("DELETE FROM series WHERE hash = (SELECT min(hash) FROM series)")
    yield (
        "a series changed",
        lambda: sql("UPDATE series SET data = zeroblob(9) WHERE hash = (SELECT max(hash) FROM series)"),
    )
    for kind in ("trial_finished", "vault_opened", "vault_judged", "promoted", "alias_moved", "run_recorded"):
        yield f"{kind} emptied", lambda kind=kind: sql(f"UPDATE events SET body = '{{}}' WHERE kind = '{kind}'")
        yield f"{kind} removed", lambda kind=kind: sql(f"DELETE FROM events WHERE kind = '{kind}'")
    yield "cut short", lambda: sql("DELETE FROM events WHERE sequence > 3")
    yield "guards removed", sql
    yield "replaced", LEDGER.unlink


def of_runs() -> Iterator[Forgery]:
    """Of every file but the logs, of which nothing is read."""
    for file in sorted(path for path in run_folder().iterdir() if path.is_file() and path.name not in LOOSE):
        yield f"{file.name} of a run flipped and summed", resummed(lambda file=file: flipped(file), file.parent)
        yield f"{file.name} of a run removed", lambda file=file: file.unlink()
    yield "a figure of a run", lambda: edited(run_folder() / "metrics.json", **{"test/r2": 0.999})
    yield "a picture of a run", lambda: flipped(sorted((run_folder() / "plots").glob("*.png"))[0])


def snapshot() -> dict[Path, bytes]:
    places = [HERE.registry, HERE.outputs / "runs"]
    files = [LEDGER, *(path for place in places for path in place.rglob("*") if path.is_file())]
    return {path: path.read_bytes() for path in files if path.is_file()}


def restore(kept: dict[Path, bytes]) -> None:
    now = snapshot()
    for path in now.keys() - kept.keys():
        path.unlink()
    for path in kept.keys() - now.keys() | {path for path in now.keys() & kept.keys() if now[path] != kept[path]}:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(kept[path])
    for folder in sorted(HERE.registry.rglob("*"), reverse=True):
        if folder.is_dir() and not any(folder.iterdir()):
            folder.rmdir()


@pytest.fixture
def promoted(command, capsys: pytest.CaptureFixture[str]) -> None:
    """Two versions, the second of which took charge, and one that was overruled, under another name."""
    small = command(2, 420, vault="2019-05-01")
    assert main(small) == 0
    assert main([*small, "model.penalty=3.0", "export=never"]) == 0
    assert main(["promote", "latest"]) == 0
    assert main([*small, IMPOSSIBLE]) == 0
    assert main(["promote", "latest", "--name", "yardstick", "--override", "the desk needs a yardstick"]) == 0
    capsys.readouterr()


@pytest.mark.slow
def test_no_forgery_goes_unnoticed(promoted: None) -> None:
    kept = snapshot()
    assert verify_all(HERE.registry).every_problem() == []
    forgeries = [*of_versions(), *of_moves(), *of_openings(), *of_the_ledger(), *of_runs()]
    unnoticed = []
    for name, forge in forgeries:
        forge()
        if not verify_all(HERE.registry).every_problem():
            unnoticed.append(name)
        restore(kept)
    assert unnoticed == []
    assert len(forgeries) >= 100
    assert verify_all(HERE.registry).every_problem() == []
