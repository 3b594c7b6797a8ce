"""Promotion: the vault once, the ledger first, gates that refuse, overrides that stay, versions that do not."""

import io
import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from components.errors import DataError, GateFailed, RoleForbids
from runner import exit_codes
from runner.bundle.layout import GATES, MANIFEST, PROMOTION, SUMS, checksums, read_verified
from runner.bundle.predictions import rows, table
from runner.bundle.reader import Bundle
from runner.bundle.registry import find, versions
from runner.bundle.stream import Stream
from runner.cli import main
from runner.console import Console
from runner.judging.verdict import Verdict
from runner.promotion.again import promote_folder
from runner.promotion.promote import STEPS, Wish
from runner.recording.ledger import Ledger
from runner.recording.run_folder import find_run
from runner.recording.sealed import seal
from runner.specification.places import HERE

NAME = "sp500_volatility"
CHARGE = Wish(alias="champion", override="the desk decides")


def promoted(run: str, wish: Wish = Wish(), steps: list[str] | None = None):  # noqa: B008  # a value
    after = steps.append if steps is not None else lambda _: None
    return promote_folder(find_run(run, HERE.outputs), wish, Console(io.StringIO()), HERE, after=after)


def openings() -> list:
    return Ledger.open().chain.read(lambda transaction: list(transaction.events(kind="vault_opened")))


def read(folder: Path, name: str):
    return json.loads((folder / name).read_bytes())


def test_the_vault_is_opened_once_and_the_ledger_knows_first(place, run_id) -> None:
    steps: list[str] = []
    known: list[int] = []

    def after(step: str) -> None:
        steps.append(step)
        known.append(len(openings()))

    made = promote_folder(find_run(run_id("good"), HERE.outputs), Wish(), Console(io.StringIO()), HERE, after=after)
    assert tuple(steps) == STEPS
    assert known == [0] + [1] * (len(STEPS) - 1)
    assert (made.state, made.folder, made.aliases) == ("promoted", HERE.registry / NAME / "1", ("candidate",))
    vault = made.content["vault"]
    assert (vault["first"], vault["last"], vault["reused"]) == ("2017-01-03", "2018-12-31", False)
    assert made.content["ledger_head"] == openings()[0].head

    again_steps: list[str] = []
    again = promoted(run_id("good"), steps=again_steps)
    assert (again.state, again.folder, again_steps) == ("already promoted", made.folder, ["pointed"])
    assert again.content == made.content
    assert len(openings()) == 1
    assert versions(HERE.registry, NAME) == [1]


def test_research_opens_no_vault_from_a_program_either(place, run_id, monkeypatch) -> None:
    monkeypatch.setenv("ASSAY_ROLE", "research")
    with pytest.raises(RoleForbids, match=r"^ASSAY_ROLE=research: may not open a vault, promote or override"):
        promoted(run_id("good"))
    assert openings() == []
    assert versions(HERE.registry, NAME) == []


def test_a_second_run_finds_the_vault_reused_and_becomes_candidate(place, run_id, capsys) -> None:
    promoted(run_id("good"), CHARGE)
    assert main(["promote", run_id("other")]) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "VAULT REUSED: bars from 2017-01-03 to 2018-12-31 had been opened 1 time before" in said
    assert f"promoted: {HERE.registry / NAME / '2'} as candidate" in said
    folder = find(f"{NAME}@candidate", HERE.registry)
    gate = next(gate for gate in read(folder, GATES)["gates"] if gate["name"] == "vault_not_worse")
    assert (gate["required"], gate["status"]) == (False, "passed")
    assert "**These bars had been looked at before** (1 earlier opening" in (folder / "README.md").read_text()
    assert find(NAME, HERE.registry).name == "1"
    assert main(["verify"]) == 0


def test_gates_that_wait_for_the_vault_are_judged_on_it(place, run_id) -> None:
    folder = promoted(run_id("good")).folder
    before = read(find_run(run_id("good"), HERE.outputs), "gates.json")["gates"]
    after = read(folder, GATES)["gates"]
    assert [(gate["name"], gate["status"]) for gate in before if gate["status"] == "deferred"] == [
        ("vault_not_worse", "deferred")
    ]
    assert [gate for gate in after if gate["name"] != "vault_not_worse"] == [
        gate for gate in before if gate["name"] != "vault_not_worse"
    ]
    (gate,) = (gate for gate in after if gate["name"] == "vault_not_worse")
    assert (gate["status"], gate["required"]) == ("passed", True)
    metrics = read(folder, PROMOTION)["metrics"]
    assert {"vault/r2", "vault/last_value/r2", "vault_backtest/sharpe", "vault_benchmark/sharpe"} <= set(metrics)
    assert 0.4 < metrics["vault/r2"] < 0.8


def test_what_was_tried_since_the_run_counts_at_promotion(place, run_id) -> None:
    run = find_run(run_id("deflated"), HERE.outputs)
    assert read(run, "gates.json")["passed"], "it was the first try on this data"
    manifest, ledger = read(run, "manifest.json"), Ledger.open()
    summary = next(each for each in ledger.families() if each.family.symbols == ("sp500",))
    for number in range(40):
        ledger.start_trial(summary.family, f"later-{number}", {})
    with pytest.raises(GateFailed) as refused:
        promoted(run_id("deflated"))
    assert str(refused.value) == (
        f"{run}: rejected by now, after 43 tries on this data, by deflated; only a run that passed can be promoted, "
        'or one with --override "REASON"'
    )
    assert openings() == []
    assert manifest["tries"]["count"] == 1


def test_a_rejected_run_never_sees_the_vault_unless_it_is_overruled_for_ever(place, run_id, capsys) -> None:
    run = run_id("bad")
    assert main(["promote", run]) == exit_codes.REJECTED
    assert capsys.readouterr().err == (
        f"{find_run(run, HERE.outputs)}: rejected by explains_variance; only a run that passed can be promoted, "
        'or one with --override "REASON"\n'
    )
    assert openings() == []
    assert not HERE.registry.exists()
    assert main(["promote", run, "--override", " "]) == 2
    assert main(["promote", run, "--override", "the desk needs a yardstick", "--name", "yardstick"]) == 0
    folder = find("yardstick", HERE.registry)
    assert find("yardstick@challenger", HERE.registry) == folder  # what was overruled takes charge only if told to
    override = read(folder, MANIFEST)["override"]
    assert (override["reason"], override["failed"]) == ("the desk needs a yardstick", ["explains_variance"])
    assert read(folder, GATES)["override"] == override == read(folder, PROMOTION)["override"]
    assert read(folder, GATES)["passed"] is False
    assert "OVERRIDDEN: promoted although it did not pass." in (folder / "README.md").read_text()
    assert "**Failed:** `explains_variance`." in (folder / "README.md").read_text()
    moves = read(HERE.registry / "yardstick" / "moves", "1.json")
    assert moves["override"] == "the desk needs a yardstick"
    says = "OVERRIDDEN: explains_variance failed; promoted all the same. Reason given: the desk needs a yardstick"
    assert f'<li class="alarm">{says}</li>' in (find_run(run, HERE.outputs) / "report.html").read_text()
    capsys.readouterr()
    for command in (["list", "bundles"], ["verify"], ["promote", run, "--name", "yardstick"]):
        assert main(command) == (0 if command[0] != "promote" else exit_codes.REJECTED)
        printed = capsys.readouterr()
        if command[0] != "promote":
            assert says in " ".join(printed.out.split())


def test_a_needless_override_leaves_no_trace(place, run_id) -> None:
    made = promoted(run_id("good"), Wish(override="just in case"))
    assert made.content["override"] is None
    assert made.aliases == ("candidate",)


def test_only_a_hallmarked_run_becomes_champion_unless_somebody_says_why(place, run_id, capsys) -> None:
    run = run_id("good")
    assert main(["promote", run, "--as", "champion"]) == exit_codes.REJECTED
    assert capsys.readouterr().err == (
        "--as champion: only what passed gates=strict is hallmarked, and only a hallmarked version becomes champion; "
        'leave --as out, or give a reason: --as champion --override "REASON"\n'
    )
    assert openings() == []
    made = promoted(run, CHARGE)
    assert (made.aliases, made.content["level"]) == (("champion",), "candidate")
    override = made.content["override"]
    assert (override["reason"], override["failed"], override["level"]) == ("the desk decides", [], "candidate")
    says = "OVERRIDDEN: a candidate run, made champion all the same. Reason given: the desk decides"
    assert main(["list", "bundles"]) == 0
    assert says in " ".join(capsys.readouterr().out.split())
    card = (made.folder / "README.md").read_text()
    assert "> **Level:** candidate. **Reason given:** the desk decides" in card
    assert "**Candidate: passed its required gates, which are not all that `strict` asks for" in card


def test_a_candidate_that_is_there_already_becomes_champion_for_a_reason_only(place, run_id, capsys) -> None:
    promoted(run_id("good"))
    assert main(["promote", run_id("good"), "--as", "champion"]) == exit_codes.REJECTED
    again = promoted(run_id("good"), CHARGE)
    assert (again.state, again.aliases) == ("already promoted", ("champion",))
    assert len(openings()) == 1
    capsys.readouterr()


def test_a_baseline_is_run_in_the_place_of_the_model(place, run_id, capsys) -> None:
    run = run_id("good")
    assert main(["promote", run, "--baseline", "lastvalue"]) == 2
    assert capsys.readouterr().err == ("--baseline: the run has no baseline 'lastvalue'; did you mean 'last_value'?\n")
    assert main(["promote", run, "--baseline", "last_value", "--as", "champion"]) == 2
    assert main(["promote", run, "--baseline", "last_value"]) == exit_codes.REJECTED
    made = find_run("latest", HERE.outputs)
    manifest, gates = read(made, "manifest.json"), read(made, "gates.json")
    assert (manifest["experiment"], manifest["trial"]["counted"]) == ("sp500_volatility_last_value", True)
    assert "method: last_value" in (made / "config.yaml").read_text().partition("\nloss:")[0]
    # Nothing is left that could show its skill: it would have to beat itself.
    assert "beats_last_value of regression is left out" in gates["loosened"]
    assert gates["level"] == "rejected"
    assert openings() == []


def test_a_portfolio_that_failed_hands_out_no_weights(place, run_id, capsys) -> None:
    run = find_run(run_id("good"), HERE.outputs)
    verdict = Verdict.from_json(read(run, "gates.json"))
    assert (verdict.portfolio, verdict.hands_out_weights) == ("not judged", True)
    assert promoted(run_id("unpaid")).content["verdict"]["weights"] is False
    folder = find(f"{NAME}@candidate", HERE.registry)
    bundle = Bundle.open(folder)
    assert not bundle.hands_out_weights
    from components.data.bundled import Bundled

    panel = Bundled(dataset="sp500").load()
    forecast = bundle.forecast(panel)
    header, *lines = table(bundle, forecast, rows(bundle, forecast, last_only=True)).splitlines()
    assert header == "timestamp,symbol,forecast"
    assert len(lines) == 1
    stream = Stream.open(bundle, panel.take(panel.timestamps_R < panel.dates_T[-1]))
    bar = {name: float(panel.fields[name][-1]) for name in bundle.recipe.fields}
    decision = stream.push_date(panel.dates_T[-1], {"SPX" if "SPX" in panel.symbols else panel.symbols[0]: bar})
    assert decision.weight_S is None
    assert f"{decision.forecast_S[0]:.9g}" == lines[0].split(",")[-1]
    assert "It hands out forecasts and no weights" in (folder / "README.md").read_text()
    assert main(["verify"]) == 0


def test_a_gate_that_fails_on_the_vault_refuses_and_says_what_was_found(place, run_id, capsys) -> None:
    run = run_id("doomed")
    assert main(["promote", run]) == exit_codes.REJECTED
    said = " ".join(capsys.readouterr().out.split())
    assert "high: R² (share of the outcomes' variance explained) in the vault is 0." in said
    assert "below the minimum of 0.99." in said
    assert "Not promoted: rejected by high." in said
    assert versions(HERE.registry, NAME) == []
    kept = read(find_run(run, HERE.outputs), "promotion.json")
    assert (kept["state"], kept["bundle"], kept["failed"]) == ("refused", None, ["high"])
    assert promoted(run).state == "refused"
    assert len(openings()) == 1  # what the vault said once is not asked again
    again = promoted(run, Wish(override="known, and accepted"))
    assert again.content["override"]["failed"] == ["high"]
    assert len(openings()) == 1


def test_without_a_vault_nothing_is_opened_and_the_card_says_so(place, run_id) -> None:
    made = promoted(run_id("open"))
    assert made.content["vault"] is None
    assert openings() == []
    found = read(made.folder, GATES)
    assert found["left_out"]["vault_not_worse"] == "no vault"
    assert "vault_not_worse" not in {gate["name"] for gate in found["gates"]}
    assert "There is none: nothing was held back" in (made.folder / "README.md").read_text()
    assert main(["verify"]) == 0


def test_under_another_name_the_same_run_opens_nothing_again(place, run_id, capsys) -> None:
    first = promoted(run_id("good"))
    capsys.readouterr()
    assert main(["promote", run_id("good"), "--name", "second", "--json"]) == 0
    other = json.loads(capsys.readouterr().out)
    assert (other["bundle"], other["aliases"]) == (str(HERE.registry / "second" / "1"), ["candidate"])
    assert other["vault"] == first.content["vault"]
    assert len(openings()) == 1


def test_a_run_that_promotes_itself_is_rejected_by_its_vault_under_enforce(place, doomed, capsys) -> None:
    assert main([*doomed, "export=auto", "gates.enforce=true"]) == exit_codes.REJECTED
    said = " ".join(capsys.readouterr().out.split())
    assert "REJECTED" in said
    assert "Bundle not promoted" in said
    assert said.endswith("Not promoted: rejected by high.")
    assert read(find_run("latest", HERE.outputs), "promotion.json")["state"] == "refused"
    assert "high: R²" in (find_run("latest", HERE.outputs) / "report.html").read_text()
    assert len(openings()) == 1
    assert versions(HERE.registry, NAME) == []


def test_the_deployed_model_is_fitted_on_everything(place, run_id) -> None:
    made = promoted(run_id("good"))
    deployed = made.content["deployed"]
    assert deployed["last"] == "2018-12-21"  # the last bar whose label, five bars ahead, is known
    assert deployed["n_train"] > 4900
    card = (made.folder / "README.md").read_text()
    assert "**Its own weights were never scored out of sample**" in card
    from components.data.bundled import Bundled

    panel = Bundled(dataset="sp500").load()
    forecast = Bundle.open(made.folder).forecast(panel)
    y_M = np.load(made.folder / "evidence.npz")
    vault = y_M["vault_M"]
    assert vault.sum() > 400
    shared = np.searchsorted(forecast.timestamps_M, y_M["timestamps_M"][vault])
    assert 0.9 < np.corrcoef(forecast.forecast_M[shared], y_M["forecast_M"][vault])[0, 1] < 1


def test_runs_that_cannot_be_promoted_say_why(place, run_id) -> None:
    folder = find_run(run_id("good"), HERE.outputs)
    manifest = read(folder, "manifest.json")
    (folder / "manifest.json").write_text(json.dumps({**manifest, "seed": 8}))
    with pytest.raises(DataError) as error:
        promoted(str(folder))
    assert str(error.value) == (
        f"{folder / 'manifest.json'}: changed since the run wrote it: its checksum is not the one that was recorded; "
        "restore the file or run the experiment again"
    )
    for change, message in (
        ({"state": "failed"}, "the run is failed; only a finished run can be promoted"),
        ({"trial": {"counted": False}}, "a debug run can never be promoted; run it without debug="),
        (
            {"run_key": "0" * 64},
            "code or data have changed since the run, so that it cannot be repeated; "
            "run the experiment again and promote that run",
        ),
    ):
        (folder / "manifest.json").write_text(json.dumps({**manifest, **change}))
        seal(folder, manifest["run_key"], Ledger.open())  # as a run that ended so would have
        with pytest.raises(DataError) as error:
            promoted(str(folder))
        assert str(error.value) == f"{folder}: {message}"
    assert openings() == []


def test_rollback_goes_back_one_champion_at_a_time(place, run_id, capsys) -> None:
    promoted(run_id("good"), CHARGE)
    promoted(run_id("other"), CHARGE)
    assert main(["rollback", NAME]) == 0
    assert capsys.readouterr().out == f"champion of {NAME}: 1, no longer 2\n"
    assert find(f"{NAME}@champion", HERE.registry).name == "1"
    assert main(["rollback", NAME]) == exit_codes.DATA
    assert capsys.readouterr().err == f"{NAME}: no version was champion before; nothing to roll back to\n"
    assert main(["verify", NAME]) == 0


def test_verify_finds_damage_of_every_kind(place, run_id, capsys) -> None:
    promoted(run_id("good"))
    folder = HERE.registry / NAME / "1"
    assert main(["verify", f"{NAME}@1", "--json"]) == 0
    capsys.readouterr()
    card = (folder / "README.md").read_bytes()
    (folder / "README.md").write_bytes(card + b" ")
    assert main(["verify"]) == 1
    assert "README.md: changed since the bundle was written" in " ".join(capsys.readouterr().out.split())
    (folder / "README.md").write_bytes(card)
    shutil.copytree(folder, HERE.registry / NAME / "7")
    assert main(["verify"]) == 1
    said = " ".join(capsys.readouterr().out.split())
    assert f"holds {NAME}@1; a version was moved or copied" in said
    shutil.rmtree(HERE.registry / NAME / "7")
    Path("ledger.sqlite").unlink()
    assert main(["verify", "--json"]) == 1
    problems = json.loads(capsys.readouterr().out)["problems"]
    assert f"{folder}: no event of the ledger says that this run became this version" in problems
    assert problems[-1].startswith("ledger: truncated or replaced: it ends at event 0, but a run noted event ")


def test_verify_believes_the_ledger_about_the_vault(place, run_id, capsys) -> None:
    """Whoever rewrites a bundle with new checksums still has the ledger against him."""
    promoted(run_id("good"))
    folder = promoted(run_id("other")).folder
    files = read_verified(folder)
    files[PROMOTION] = files[PROMOTION].replace(b'"reused": true', b'"reused": false')
    (folder / PROMOTION).write_bytes(files[PROMOTION])
    (folder / SUMS).write_bytes(checksums(files))
    assert main(["verify", "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["problems"] == [
        f"{folder / PROMOTION}: not what the ledger recorded when the version was promoted",
        f"{folder / PROMOTION}: says that the vault was new; the ledger says that it was reused",
    ]


def test_compare_says_which_forecasts_better(place, run_id, capsys) -> None:
    promoted(run_id("good"))
    promoted(run_id("other"))
    promoted(run_id("bad"), Wish(override="to compare"))
    assert main(["compare", f"{NAME}@1", f"{NAME}@2", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    losses = found["forecasts"]["mean_loss"]
    records = [np.load(HERE.registry / NAME / version / "evidence.npz") for version in "12"]
    naive = [float(((each["forecast_M"] - each["target_M"]) ** 2).mean()) for each in records]
    assert losses == pytest.approx(naive)
    assert np.sign(found["forecasts"]["t"]) == np.sign(losses[1] - losses[0])
    assert found["metrics"]["test/r2"][0] != found["metrics"]["test/r2"][1]
    assert main(["compare", f"{NAME}@1", f"{NAME}@3"]) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "explains_variance passed failed" in said
    assert f"{NAME}@3: OVERRIDDEN: explains_variance failed" in said
    assert "Which forecasts better cannot be said: there is nothing in which they differ." in said
