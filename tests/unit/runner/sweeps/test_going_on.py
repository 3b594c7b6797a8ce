"""What may change when a sweep goes on, and that no number of null worlds is chosen after their ranks are known."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from components.errors import ConfigError
from runner.sweeps.going_on import going_on, write_changes
from runner.sweeps.nulls.kept import NULLS
from runner.sweeps.nulls.search import Found
from runner.sweeps.nulls.told import keep_ranks, of_sweep
from runner.sweeps.opened import Opened, begun, opened_again
from runner.sweeps.points import points_of
from runner.sweeps.settings import asked
from runner.sweeps.space import space_of
from runner.sweeps.study import Ending, StudyTrial

Market = Callable[..., list[str]]
SPACE = ("model.penalty=interval(0.1,10)", "sweep.search=random", "sweep.trials=2", "sweep.objectives=[valid/r2]")


@pytest.fixture
def opened(place: Path, command: Market) -> Opened:
    """A sweep of two trials that ended, the second with 0.5, and of six null worlds, of which two came to more."""
    request = asked([*command(1, 60), *SPACE, "sweep.null_worlds=6"])
    space = space_of(request.plain, request.branches)
    made = begun(request, space, points_of(space, request.settings)[0])
    study = made.study()
    for number, value in enumerate((0.1, 0.5)):
        trial = study.take()
        assert isinstance(trial, StudyTrial)
        run = place / f"run{number}"
        run.mkdir()
        (run / "metrics.json").write_text(json.dumps({"valid/r2": value}))
        study.tell(number, Ending(state="finished", code=0, objectives=(value,), run=str(run)))
    search_worlds(made, range(1, 7))
    return made


def search_worlds(opened: Opened, worlds: range) -> None:
    (opened.folder / NULLS).mkdir(exist_ok=True)
    for world in worlds:
        figures = {"valid/r2": 0.9 if world in (1, 2) else 0.1}
        found = Found(world=world, trials=2, states={"finished": 2}, best=0, figures=figures)
        (opened.folder / NULLS / f"{world:04}.json").write_text(json.dumps(found.content()))


def ranks(opened: Opened) -> Mapping[str, Any]:
    content = of_sweep(opened, opened.study().refresh())
    assert content is not None
    return content


def changed(opened: Opened, **given: Any) -> Opened:
    (found,) = going_on([opened], {"resume": "latest", **given})
    write_changes(found)
    return opened_again(opened.folder)


def refused(opened: Opened, **given: Any) -> list[str]:
    before = (opened.folder / "sweep.json").read_bytes()
    with pytest.raises(ConfigError) as error:
        changed(opened, **given)
    assert (opened.folder / "sweep.json").read_bytes() == before
    return str(error.value).splitlines()


def test_all_worlds_that_are_kept_count_and_fewer_are_refused(opened: Opened) -> None:
    assert refused(opened, null_worlds=2) == [
        f"sweep.null_worlds: 6 worlds are kept of the sweep {opened.name}, and all of them count; "
        "say 6 or more, or drop it"
    ]
    assert refused(opened, null_worlds=None)
    assert (ranks(opened)["worlds"], ranks(opened)["p_value"]) == (6, 3 / 7)
    search_worlds(opened, range(7, 9))  # however they came there
    assert ranks(opened)["worlds"] == 8


def test_more_worlds_are_known_later_and_what_was_known_before_is_shown_beside(opened: Opened) -> None:
    assert ranks(opened)["first"] is None
    more = changed(opened, null_worlds=29)
    search_worlds(more, range(7, 30))
    assert more.settings.null_worlds == 29
    content = ranks(changed(more))
    first = {"asked": 6, "worlds": 6, "trials": 2, "leading": "valid/r2", "p_value": 3 / 7}
    assert (content["asked"], content["worlds"], content["p_value"], content["first"]) == (29, 29, 0.1, first)
    assert (
        "At first 6 worlds were asked for, which gave p = 0.429 of valid/r2 with 2 trials; more were asked for after "
        "that was known, so that the p above is no longer exact."
    ) in content["says"]
    assert changed(changed(more, null_worlds=40), trials=9).first_rank == first


def test_more_trials_after_a_look_are_told_as_well(opened: Opened) -> None:
    assert changed(opened, trials=9).first_rank == {
        "asked": 6, "worlds": 6, "trials": 2, "leading": "valid/r2", "p_value": 3 / 7}  # fmt: skip


def test_worlds_that_are_asked_for_before_any_rank_is_known_are_the_first(opened: Opened) -> None:
    for path in (opened.folder / NULLS).glob("*.json"):
        path.unlink()
    assert changed(opened, null_worlds=3).first_rank is None


def test_what_does_not_change_the_search_may_change_and_is_kept(opened: Opened) -> None:
    given = {"workers": 2, "minutes": 5, "processor_hours": 1.5, "trials": 9, "judged": 0, "fail_fast": True}
    later = changed(opened, **given)
    assert {name: getattr(later.settings, name) for name in given} == given
    assert changed(later).settings == later.settings


def test_everything_else_is_refused_by_name(opened: Opened) -> None:
    may = "trials, workers, minutes, processor_hours, fail_fast, null_worlds, judged".replace(", ", ", sweep.")
    assert refused(opened, seed=3, storage_env="X") == [
        f"sweep.{name}: cannot change when a sweep goes on; drop it; these may: sweep.{may}"
        for name in ("seed", "storage_env")
    ]
    assert refused(opened, trials=1) == [
        "sweep.trials: 2 were asked for, and their number only grows; say 2 or more, or drop it"
    ]
    assert refused(opened, workers=0) == ["sweep.workers: 0 is not allowed; must be >= 1"]


def test_every_symbol_has_its_share_of_a_budget(opened: Opened) -> None:
    assert [each.settings.minutes for each in going_on([opened, opened], {"minutes": 30})] == [15, 15]


def test_a_best_run_that_is_gone_is_said_in_one_line(
    opened: Opened, place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (place / "run1" / "metrics.json").unlink()
    assert keep_ranks(opened, opened.study().refresh()) is None
    assert capsys.readouterr().err == (
        f"{place}/run1: the best run is not there, so that its rank among null worlds cannot be told; "
        "where it was archived, say archive run1 --restore\n"
    )
    assert changed(opened, null_worlds=7).first_rank == {
        "asked": 6, "worlds": 6, "trials": 2, "leading": None, "p_value": None}  # fmt: skip
