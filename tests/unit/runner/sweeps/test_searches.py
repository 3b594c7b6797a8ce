"""Laws of every search: it stays in the space, and one that was cut off goes on as if it had not been."""

import math
from collections.abc import Collection

import pytest

from components.errors import ConfigError
from runner.composition.overrides import parsed
from runner.sweeps.searches import Past, Search, names, search_of
from runner.sweeps.space import Choice, Number, Space, space_of

MIXED = space_of(
    ["+experiment=x", "model=ridge,lightgbm", "a=interval(0.1,1)", "b=tag(log,interval(0.001,1.0))", "c=range(1,10,2)"],
    {"model=lightgbm": {"model.num_leaves": "range(4,64)"}},
)
NUMBERS = space_of(["a=interval(0.1,1)", "b=tag(log,interval(0.001,1.0))"], {})
LEARNS = ("tpe", "multivariate_tpe", "nsga2", "nsga3")


def space_for(name: str) -> Space:
    return NUMBERS if name == "cmaes" else MIXED


def cost(past: Past) -> float:
    return sum(float(text) ** 2 for text in past.values.values() if text[0].isdigit())


def ended(number: int, name: str, past: Past) -> Past:
    state = "failed" if number % 11 == 10 else "pruned" if number % 7 == 6 and "nsga" not in name else "finished"
    objectives = (cost(past),) if state == "finished" else ()
    return Past(values=past.values, notes=past.notes, state=state, objectives=objectives, scores=(1.0, cost(past)))


def searched(name: str, count: int, cut_at: Collection[int] = (), seed: int = 7) -> list[Past]:
    space, past = space_for(name), list[Past]()
    search: Search = search_of(name, space, seed, [-1])
    for number in range(count):
        if number in cut_at:
            search = search_of(name, space, seed, [-1])
        proposal = search.propose(number, past)
        if proposal is None:
            break
        past.append(ended(number, name, Past(values=proposal.values, notes=proposal.notes, state="running")))
    return past


@pytest.mark.parametrize("name", [name for name in names() if name not in ("cmaes", "gp", "grid")])
def test_a_search_that_was_cut_off_goes_on_as_if_nothing_had_happened(name: str) -> None:
    whole = searched(name, 32)
    assert searched(name, 32, cut_at=(3, 21, 22, 30)) == whole
    assert searched(name, 32, seed=8) != whole


@pytest.mark.slow
@pytest.mark.parametrize("name", ["gp", *LEARNS])
def test_so_does_one_that_is_cut_off_before_every_trial(name: str) -> None:
    count = 14 if name == "gp" else 60
    assert searched(name, count, cut_at=range(count)) == searched(name, count)


@pytest.mark.parametrize("name", [name for name in names() if name not in ("gp", "grid")])
def test_what_is_chosen_lies_in_the_space(name: str) -> None:
    space = space_for(name)
    for trial in searched(name, 25):
        parameters = {**space.parameters, **dict(space.open_to(trial.values))}
        assert set(trial.values) == set(parameters)
        for key, text in trial.values.items():
            parameter = parameters[key]
            if isinstance(parameter, Choice):
                assert text in parameter.texts
                continue
            assert parameter.low <= float(text) <= parameter.high
            assert parameter.text(float(text)) == text
            if parameter.step is not None:
                assert math.isclose((float(text) - parameter.low) % parameter.step, 0, abs_tol=1e-9)


@pytest.mark.parametrize("name", LEARNS)
def test_a_search_that_learns_comes_closer_than_chance(name: str) -> None:
    costs = [cost(trial) for trial in searched(name, 60) if trial.state == "finished"]
    assert sum(costs[-15:]) < sum(costs[:15])


def test_a_search_with_two_objectives() -> None:
    search, past = search_of("nsga2", NUMBERS, 0, [-1, 1]), list[Past]()
    for number in range(45):
        proposal = search.propose(number, past)
        assert proposal is not None
        a, b = (float(text) for text in proposal.values.values())
        past.append(Past(values=proposal.values, notes=proposal.notes, state="finished", objectives=(a, b)))
    assert len({tuple(trial.values.items()) for trial in past}) > 30


def test_a_grid_ends_and_comes_in_order() -> None:
    space = space_of(["model=ridge,naive", "seed=range(1,3)"], {"model=ridge": {"p": "1,2"}})
    search = search_of("grid", space, 0, [1])
    found = [search.propose(number, []) for number in range(7)]
    assert [dict(each.values) for each in found if each] == [
        {"model": "ridge", "seed": "1", "p": "1"},
        {"model": "ridge", "seed": "1", "p": "2"},
        {"model": "ridge", "seed": "2", "p": "1"},
        {"model": "ridge", "seed": "2", "p": "2"},
        {"model": "naive", "seed": "1"},
        {"model": "naive", "seed": "2"},
    ]
    assert found[6] is None


def test_an_unknown_search_and_what_a_search_cannot_do() -> None:
    with pytest.raises(ConfigError) as caught:
        search_of("tree", MIXED, 0, [1])
    assert str(caught.value) == f"sweep.search: 'tree' is no search; allowed: {', '.join(names())}"
    with pytest.raises(ConfigError) as caught:
        search_of("cmaes", MIXED, 0, [1])
    assert str(caught.value) == "model: is a choice, cmaes takes numbers; use sweep.search=tpe"
    with pytest.raises(ConfigError) as caught:
        search_of("cmaes", NUMBERS, 0, [1, 1])
    assert str(caught.value) == "sweep.search: cmaes has one objective; use nsga2 for several"


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("a=interval(2,1)", "a: 'a=interval(2,1)' is empty; give a range with low < high"),
        ("a=tag(log,interval(0,1))", "a: 'a=tag(log,interval(0,1))' has no logarithm; begin above 0"),
        ("a=range(1,1)", "a: 'a=range(1,1)' is empty; give a value or more"),
        ("a=interval(1,1)", "a: 'a=interval(1,1)' is empty; give a range with low < high"),
        (
            "a=tag(log,range(1,100,10))",
            "a: 'a=tag(log,range(1,100,10))' has steps and a logarithm; write tag(log, interval(...))",
        ),
        ("a=tag(odd,interval(0,1))", "a: tag 'odd' is unknown; allowed: tag(log, ...)"),
    ],
)
def test_ranges_that_make_no_sense(text: str, complaint: str) -> None:
    with pytest.raises(ConfigError) as caught:
        space_of([text], {})
    assert str(caught.value) == complaint


def test_a_branch_that_can_never_be_taken() -> None:
    with pytest.raises(ConfigError) as caught:
        space_of(["model=ridge,naive"], {"model=lightgbm": {"a": "1,2"}})
    assert str(caught.value) == "when.model=lightgbm: never happens; name one of ridge, naive, as KEY=VALUE"


def test_ranges_reach_both_of_their_ends() -> None:
    number = space_of(["c=range(1,10,2)"], {}).parameters["c"]
    assert isinstance(number, Number)
    assert {number.at(i / 100) for i in range(100)} == {"1", "3", "5", "7", "9"}


ODD: dict[str, tuple[list[str], dict[str, dict[str, str]]]] = {
    "one point": (["a=choice(5)"], {}),
    "a range of one": (["a=range(1,2)"], {}),
    "steps that binary numbers do not hit": (["a=range(0.1,0.5,0.1)"], {}),
    "downwards": (["a=range(10,1,-2)"], {}),
    "commas and quotes": (["a='mean(close, 5)','it\\'s, here'"], {}),
    "lists": (["features=[alpha158,regime],[alpha158]"], {}),
    "maps": (["a={b: 1},{b: 2}"], {}),
    "integers on a logarithmic scale": (["a=tag(log,int(interval(1,1000)))"], {}),
    "below zero": (["a=interval(-1,-0.5)"], {}),
    "nothing and truth": (["a=true,false", "b=null,1"], {}),
    "shuffled": (["a=shuffle(range(1,9))"], {}),
    "a branch of a branch": (["m=x,y"], {"m=x": {"p": "u,v"}, "p=u": {"q": "interval(0,1)"}}),
    "the same name in two branches": (["m=x,y"], {"m=x": {"p": "u,v"}, "m=y": {"p": "interval(5,6)"}}),
}


NO_GRID = ("below zero", "a branch of a branch", "the same name in two branches")


@pytest.mark.parametrize("name", ["random", "qmc", pytest.param("tpe", marks=pytest.mark.slow), "grid"])
@pytest.mark.parametrize("odd", ODD)
def test_odd_spaces_are_searched_and_resumed(odd: str, name: str) -> None:
    def propose(number: int, past: list[Past]) -> Past | None:
        space = space_of(*ODD[odd])  # read anew, as by another process
        found = search_of(name, space, 1, [1]).propose(number, past)
        if found is None:
            return None
        assert set(found.values) == {*space.parameters, *(key for key, _ in space.open_to(found.values))}
        texts = space.overrides(found.values)
        assert [text.partition("=")[0] for text in texts] == list(found.values)
        parsed(texts)
        return Past(values=found.values, notes=found.notes, state="finished", objectives=(float(number % 3),))

    past = list[Past]()
    if name == "grid" and any(
        "interval" in str(text) and "int(" not in str(text) for text in ODD[odd][0] + [str(ODD[odd][1])]
    ):
        with pytest.raises(ConfigError, match="is no grid"):
            propose(0, past)
        return
    while len(past) < 12 and (trial := propose(len(past), past)):
        past.append(trial)
    again = [propose(number, past[:number]) for number in range(len(past))]
    assert again == past
    if name == "grid":
        assert len({str(trial.values) for trial in past}) == len(past)


def test_a_parameter_is_not_varied_with_and_without_a_condition() -> None:
    with pytest.raises(ConfigError) as caught:
        space_of(["m=x,y", "p=1,2"], {"m=x": {"p": "3,4"}})
    assert str(caught.value) == "when.m=x: 'p' is varied without it too; drop one of them"


def towards(name: str, *, told: bool) -> list[float]:
    """Values of `a`, which is made small, while 0.5 or more of it is asked for; told: whether the search knows."""
    search, past = search_of(name, NUMBERS, 1, [-1]), list[Past]()
    for number in range(60):
        found = search.propose(number, past)
        assert found is not None
        a = float(found.values["a"])
        violations = (0.5 - a,) if told else ()
        trial = Past(values=found.values, notes=found.notes, state="finished", objectives=(a,), violations=violations)
        past.append(trial)
    return [trial.objectives[0] for trial in past[-30:]]


@pytest.mark.parametrize("name", ["tpe", *(pytest.param(each, marks=pytest.mark.slow) for each in LEARNS[1:])])
def test_a_search_that_learns_comes_to_keep_constraints(name: str) -> None:
    told, untold = towards(name, told=True), towards(name, told=False)
    kept, chance = sum(a >= 0.5 for a in told), sum(a >= 0.5 for a in untold)
    assert kept >= max(12, chance + 5)
    assert min(a for a in told if a >= 0.5) < 0.56
