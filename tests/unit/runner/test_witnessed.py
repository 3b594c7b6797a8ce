"""One promoted run, and what can be asked of it later: is it what it was, and does it come out again?"""

import io
import json
import shutil
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from components.errors import ConfigError, DataError
from runner import exit_codes
from runner.bundle.layout import SUMS, checksums
from runner.cli import main
from runner.console import Console
from runner.promotion.again import promote_folder
from runner.promotion.against import against
from runner.promotion.promote import Wish
from runner.promotion.reproduce import reproduce
from runner.promotion.signing import sign, signed_by
from runner.promotion.verify import verify_all
from runner.recording.ledger import Ledger
from runner.recording.run_folder import find_run
from runner.recording.sealed import changed
from runner.specification.places import HERE

VERSION = HERE.registry / "drift" / "1"


@pytest.fixture(scope="module")
def made(command_in: Callable[..., list[str]], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a run that promoted itself, and its ledger."""
    folder = tmp_path_factory.mktemp("witnessed")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setenv("ASSAY_LEDGER", str(folder / "ledger.sqlite"))
        assert main(command_in(folder, 2, 420, vault="2019-05-01")) == 0
    return folder


@pytest.fixture
def here(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A copy of it to work in."""
    shutil.copytree(made, tmp_path / "copy", symlinks=True)
    monkeypatch.chdir(tmp_path / "copy")
    monkeypatch.setenv("ASSAY_LEDGER", str(tmp_path / "copy" / "ledger.sqlite"))
    return tmp_path / "copy"


def the_run() -> Path:
    return find_run("latest", HERE.outputs).resolve()


def test_what_was_made_is_what_it_was(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["verify"]) == 0
    said = capsys.readouterr().out
    assert "drift@1 (candidate): whole" in said
    assert main(["ledger", "--json"]) == 0
    (family,) = json.loads(capsys.readouterr().out)["families"]
    assert family["vault_openings"] == 1
    sums = (the_run() / "SHA256SUMS").read_text()
    for name in ("metrics.json", "gates.json", "forecasts.parquet", "report.html", "manifest.json", "promotion.json"):
        assert f"  {name}\n" in sums
    checked = subprocess.run(["sha256sum", "--check", "--quiet", "SHA256SUMS"], cwd=the_run(), check=False)
    assert checked.returncode == 0


def test_report_refuses_an_edited_figure_and_promote_does_too(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["report", "latest"]) == 0
    assert changed(the_run(), Ledger.open()) == [], "a report that is written again is sealed again"
    file = the_run() / "metrics.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), "test/r2": 0.999}))
    capsys.readouterr()
    for command in (["report", "latest"], ["promote", "latest", "--name", "other"]):
        assert main(command) == exit_codes.DATA
        assert capsys.readouterr().err == (
            f"{find_run('latest', HERE.outputs) / 'metrics.json'}: changed since the run wrote it: its checksum is not "
            "the one that was recorded; restore the file or run the experiment again\n"
        )


@pytest.mark.slow
def test_an_edited_opening_enters_no_version(here: Path) -> None:
    (opening,) = HERE.registry.glob(".openings/*/opening.json")
    content = json.loads(opening.read_text())
    before = opening.read_bytes()
    for text in (json.dumps({**content, "metrics": {"vault/r2": 9.99}}), "{"):
        opening.write_text(text)
        with pytest.raises(DataError) as error:
            promote_folder(the_run(), Wish(name="other"), Console(io.StringIO()), HERE)
        assert str(error.value) == (
            f"{opening}: changed since the vault was opened: the ledger recorded other bytes; restore the file, or "
            "remove it: the same vault is then read again, and that is no further opening"
        )
    opening.unlink()
    made = promote_folder(the_run(), Wish(name="other"), Console(io.StringIO()), HERE)
    assert not made.content["vault"]["reused"]
    assert opening.read_bytes() == before


def test_a_forged_version_is_not_witnessed_by_promoting_it_again(here: Path) -> None:
    content = json.loads((VERSION / "gates.json").read_text())
    (VERSION / "gates.json").write_text(json.dumps({**content, "gates": []}))
    files = {path.name: path.read_bytes() for path in VERSION.iterdir() if path.name != SUMS}
    (VERSION / SUMS).write_bytes(checksums(files))
    with pytest.raises(DataError) as error:
        promote_folder(the_run(), Wish(), Console(io.StringIO()), HERE)
    assert str(error.value) == (
        f"{VERSION / 'gates.json'}: not what the ledger recorded when it was promoted; restore the version"
    )


def test_a_last_move_that_was_removed_is_missed(here: Path) -> None:
    (HERE.registry / "drift" / "moves" / "1.json").unlink()
    assert verify_all(HERE.registry).every_problem() == [
        f"{HERE.registry / 'drift' / 'moves' / '1.json'}: the ledger knows this move, and it is gone"
    ]


def test_anything_is_compared_with_the_ledger_wherever_it_lies(here: Path, tmp_path: Path) -> None:
    ledger, run = Ledger.open(), the_run()
    away = tmp_path / "away"
    shutil.copytree(VERSION, away / "bundle")
    shutil.copytree(run, away / run.name)
    for path in (away / "bundle", away / run.name, away / run.name / "report.html", away / "bundle" / "gates.json"):
        found = against(path, ledger)
        assert (bool(found.facts), found.problems) == (True, ())
    report = away / run.name / "report.html"
    report.write_text(report.read_text().replace("</p>", " </p>", 1))
    assert against(report, ledger).problems == (
        f"{report}: not the bytes that the ledger recorded; it was changed, or written by something else",
    )
    (away / "notes.txt").write_text("hello")
    assert against(away / "notes.txt", ledger).problems == (
        f"{away / 'notes.txt'}: the ledger knows no file with this content, and it carries no head of a ledger",
    )


def test_a_trackers_record_is_compared_figure_by_figure(here: Path, tmp_path: Path) -> None:
    metrics = json.loads((the_run() / "metrics.json").read_text())
    head = json.loads((the_run() / "manifest.json").read_text())["ledger_head"]
    told = {name: value for name, value in metrics.items() if value is not None}
    record = tmp_path / "record.json"
    mlflow = {"run": {"metrics": [{"key": k, "value": v} for k, v in told.items()], "tags": {"ledger_head": head}}}
    for content in ({**told, "ledger_head": head, "_runtime": 3}, mlflow):
        record.write_text(json.dumps(content))
        found = against(record, Ledger.open())
        assert found.problems == ()
        same, _, says = found.facts[0].partition(" ")
        assert says.startswith("figures are those of the trial that ended on ")
        assert 100 < int(same) <= len(told)
    record.write_text(json.dumps({**told, "test/r2": 0.5, "ledger_head": head}))
    assert against(record, Ledger.open()).problems == (
        f"{record}: test/r2 is 0.5; the ledger recorded {metrics['test/r2']:.9g}",
    )
    record.write_text(json.dumps({**told, "ledger_head": f"2:{'0' * 64}"}))
    assert any("ledger: forked: event 2" in line for line in against(record, Ledger.open()).problems)


def test_records_in_other_words_are_compared_as_well(here: Path, tmp_path: Path) -> None:
    metrics = json.loads((the_run() / "metrics.json").read_text())
    head = json.loads((the_run() / "manifest.json").read_text())["ledger_head"]
    told = {name: value for name, value in metrics.items() if value is not None}
    wrong = f"test/r2 is {told['test/r2'] + 1:.9g}; the ledger recorded {told['test/r2']:.9g}"
    changes = {"as it was": (told, ()), "changed": (told | {"test/r2": told["test/r2"] + 1}, (wrong,))}
    for figures, problems in changes.values():
        text = "".join(f"{name}: {value}\n" for name, value in figures.items())
        (tmp_path / "record.yaml").write_text(f"ledger_head: '{head}'\n{text}")
        with closing(sqlite3.connect(tmp_path / "mlflow.db")) as base, base:
            base.execute("CREATE TABLE IF NOT EXISTS tags (key TEXT, value TEXT, run_uuid TEXT)")
            base.execute("CREATE TABLE IF NOT EXISTS latest_metrics (key TEXT, value REAL, run_uuid TEXT)")
            base.execute("DELETE FROM tags")
            base.execute("DELETE FROM latest_metrics")
            base.execute("INSERT INTO tags VALUES ('ledger_head', ?, 'r')", (head,))
            base.executemany("INSERT INTO latest_metrics VALUES (?, ?, 'r')", figures.items())
        for name, prefix in (("record.yaml", ""), ("mlflow.db", "run r: ")):
            found = against(tmp_path / name, Ledger.open())
            assert found.facts
            assert found.problems == tuple(f"{tmp_path / name}: {prefix}{line}" for line in problems)


@pytest.mark.slow
def test_run_and_bundle_come_out_again_to_the_bit(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    head = Ledger.open().head()
    found = reproduce("latest", None, HERE)
    assert found.difference is None
    assert found.compared[0] == "bars"
    assert any(part.endswith(" figures") for part in found.compared)
    assert reproduce("drift", None, HERE).compared == ("bars", "evidence", "the deployed model")
    assert Ledger.open().head() == head, "what is computed once more is no further try"
    shutil.copy("bars.csv", "elsewhere.csv")
    Path("bars.csv").unlink()
    assert main(["reproduce", "latest", "--data", "elsewhere.csv"]) == 0
    assert " ".join(capsys.readouterr().out.split()).startswith("Same to the bit: bars, ")


def test_other_bars_are_the_cause_and_nothing_is_fitted_on_them(here: Path) -> None:
    lines = Path("bars.csv").read_text().splitlines()
    Path("fewer.csv").write_text("\n".join(lines[:-100]) + "\n")
    found = reproduce("latest", Path("fewer.csv"), HERE)
    assert (found.difference, found.cause) == ("the bars", "data")
    assert found.because is not None
    assert found.because.startswith("bars: ")
    cells = lines[5].split(",")
    Path("other.csv").write_text("\n".join([*lines[:5], ",".join([*cells[:-1], "12345"]), *lines[6:]]) + "\n")
    found = reproduce("drift", Path("other.csv"), HERE)
    assert found.cause == "data"
    assert str(found.because).startswith("as many bars over the same days, with other values")


@pytest.mark.slow
def test_another_version_is_the_cause(here: Path) -> None:
    """The manifest of a run that a numpy of old had made, and whose forecasts were others."""
    from runner.recording.sealed import seal

    run = the_run()
    manifest = json.loads((run / "manifest.json").read_text())
    manifest["versions"]["numpy"] = "1.0.0"
    (run / "manifest.json").write_text(json.dumps(manifest))
    metrics = json.loads((run / "metrics.json").read_text())
    (run / "metrics.json").write_text(json.dumps({**metrics, "test/r2": 0.25}))
    seal(run, manifest["run_key"], Ledger.open())
    found = reproduce(str(run), None, HERE)
    assert found.difference == f"figure test/r2 is {metrics['test/r2']}, it was 0.25"
    assert found.cause == "version"
    assert str(found.because).startswith("numpy ")
    assert str(found.because).endswith(", the run had 1.0.0")


def test_a_strangers_bundle_is_bounded_before_it_is_computed(here: Path) -> None:
    bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
    bomb += "".join(f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]\n" for i in range(1, 9))
    (VERSION / "config.yaml").write_text(bomb)
    files = {path.name: path.read_bytes() for path in VERSION.iterdir() if path.name != SUMS}
    (VERSION / SUMS).write_bytes(checksums(files))
    with pytest.raises(ConfigError, match=r"config.yaml, line 5: more than 100,000 values"):
        reproduce("drift", None, HERE)


def test_data_are_named_only_where_a_file_is_read(here: Path) -> None:
    from runner.promotion.reproduce import with_data

    with pytest.raises(ConfigError) as error:
        with_data({"data": {"_target_": "components.data.bundled.Bundled"}}, Path("x.csv"), here)
    assert str(error.value) == (
        "--data: the configuration reads no file; it says itself where its bars are, leave --data out"
    )


def test_a_signature_says_who_released_a_bundle(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("ours", "theirs"):
        subprocess.run(["openssl", "genpkey", "-algorithm", "ed25519", "-out", name], check=True)
        subprocess.run(["openssl", "pkey", "-in", name, "-pubout", "-out", f"{name}.pub"], check=True)
    ours, theirs = Path("ours.pub"), Path("theirs.pub")
    assert signed_by(VERSION) is None
    with pytest.raises(DataError, match="is not signed; ask whoever released it for a signed one"):
        signed_by(VERSION, ours)
    by = sign(VERSION, Path("ours"), Ledger.open())
    assert signed_by(VERSION) == signed_by(VERSION, ours) == by
    assert main(["verify", "drift", "--signed-by", "ours.pub"]) == 0
    with pytest.raises(DataError, match=f"signed by {by[:16]}, not by the key that is trusted"):
        signed_by(VERSION, theirs)
    with pytest.raises(ConfigError, match=r"ours.pub: no Ed25519 key; make one with: openssl genpkey"):
        sign(VERSION, ours, Ledger.open())
    kept = (VERSION / "SIGNATURE.json").read_bytes()
    content = json.loads(kept)
    for changes, message in (
        ({"signature": content["signature"].swapcase()}, "does not fit the bundle"),
        ({"signature": "?"}, "is no signature"),
        ({"public_key": ""}, "does not fit the bundle"),
    ):
        (VERSION / "SIGNATURE.json").write_text(json.dumps({**content, **changes}))
        with pytest.raises(DataError, match=message):
            signed_by(VERSION)
    (VERSION / "SIGNATURE.json").unlink()
    assert verify_all(HERE.registry).every_problem() == [
        f"{VERSION / 'SIGNATURE.json'}: the ledger knows another signature of this version than the one that is there"
    ]
    capsys.readouterr()
