"""Configuration files of strangers: whatever they hold, one line, and soon."""

import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from components.errors import ConfigError
from runner.composition.bounded import MOST_VALUES, refuse_unbounded
from runner.composition.compose import compose
from runner.composition.interpolation import resolve
from runner.composition.secrets import secret_problems
from runner.sweeps.settings import asked

HEAD = "# @package _global_\n"
ANCHORS = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]\n" for i in range(1, 9)
)
DOUBLED = "\n".join(f"    a{i}: " + " + ".join([f"${{features.expressions.a{i - 1}}}"] * 8) for i in range(1, 9))
FILES = {
    "control": (HEAD + "name: a\x01b\n", "conf/{}.yaml, line 2: holds the control character '\\x01'; remove it"),
    "escape": (HEAD + "\nname: a\x1bb\n", "conf/{}.yaml, line 3: holds the control character '\\x1b'; remove it"),
    "circle": (HEAD + "data: &d\n  x: *d\n", "conf/{}.yaml, line 3: '*d' stands within what it stands for"),
    "round": (HEAD + "data: &d [&e {x: *d}]\n", "conf/{}.yaml, line 2: '*d' stands within what it stands for"),
    "brackets": (
        HEAD + "name: " + "[" * 5000 + "]" * 5000 + "\n",
        "conf/{}.yaml, line 2: nested more than 64 deep; a configuration is flatter",
    ),
    "braces": (
        HEAD + "name: " + "{a: " * 3000 + "1" + "}" * 3000 + "\n",
        "conf/{}.yaml, line 2: nested more than 64 deep; a configuration is flatter",
    ),
    "anchors": (
        HEAD + ANCHORS,
        "conf/{}.yaml, line 6: more than 100,000 values, those that aliases repeat included",
    ),
    "long": (
        HEAD + "name: " + "x" * (5 << 20),
        "conf/{}.yaml: larger than 4 MiB; a configuration file is a page or two",
    ),
    "many": (
        HEAD + "features:\n  expressions:\n" + "".join(f"    a{i}: close\n" for i in range(100_000)),
        "conf/{}.yaml, line 50001: more than 100,000 values, those that aliases repeat included",
    ),
}


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path / "conf"


def written(folder: Path, name: str, text: str) -> None:
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(text)


@pytest.mark.parametrize(
    ("place", "kind"),
    [
        *(("experiment", kind) for kind in FILES),
        *((place, kind) for place in ("model", "sweep") for kind in ("circle", "escape")),
    ],
)
def test_a_hostile_file_is_one_line_at_once_wherever_it_lies(here: Path, kind: str, place: str) -> None:
    text, message = FILES[kind]
    written(here, f"{place}/x.yaml", text)
    began = time.process_time()
    ask = asked if place == "sweep" else compose
    with pytest.raises(ConfigError) as error:
        ask([f"{'' if place == 'model' else '+'}{place}=x"])
    assert str(error.value) == message.format(f"{place}/x")
    assert time.process_time() - began < 5.0


def test_files_that_lead_back_to_themselves_are_named(here: Path) -> None:
    for name, following in (("a", "b"), ("b", "c"), ("c", "a"), ("own", "own")):
        written(here, f"experiment/{name}.yaml", f"{HEAD}defaults:\n  - {following}\n")
    with pytest.raises(ConfigError) as error:
        compose(["+experiment=a"])
    circle = "experiment/c -> experiment/a -> experiment/b -> experiment/c"
    assert str(error.value) == f"conf/experiment/c.yaml: its defaults lead back to itself: {circle}"
    with pytest.raises(ConfigError, match="its defaults lead back to itself: experiment/own -> experiment/own"):
        compose(["+experiment=own"])


def test_an_experiment_says_where_it_belongs(here: Path) -> None:
    for text, reason in (("", "is empty"), ("seed: 3\n", "does not say where it belongs")):
        written(here, "experiment/x.yaml", text)
        with pytest.raises(ConfigError) as error:
            compose(["+experiment=x"])
        assert str(error.value) == f"experiment 'x': {reason}; its first line must be '# @package _global_'"


def test_a_byte_order_mark_is_named_where_it_hides_the_first_line(here: Path) -> None:
    written(here, "experiment/x.yaml", f"\ufeff{HEAD}seed: 3\n")
    reason = "begins with a byte order mark, which hides its first line; save it without one"
    with pytest.raises(ConfigError, match=f"^experiment 'x': {reason}$"):
        compose(["+experiment=x"])


def test_references_that_double_are_refused_before_they_are_followed(here: Path) -> None:
    defaults = "defaults:\n  - override /features: expressions\n"
    written(here, "experiment/x.yaml", f"{HEAD}{defaults}features:\n  expressions:\n    a0: close\n{DOUBLED}\n")
    began = time.process_time()
    problems = compose(["+experiment=x"]).problems
    assert time.process_time() - began < 5.0
    assert [problem.path for problem in problems] == [f"features.expressions.a{i}" for i in range(4, 9)]
    assert problems[0].message == "its references grow to 4,680 of them and 154,445 characters"


def test_a_map_may_be_referred_to_and_counts_with_all_that_it_holds() -> None:
    plain, problems = resolve({"a": {"x": 1, "y": "z"}, "b": "${a}", "c": {"d": "${.e}", "e": [1, 2], "f": "${.e[1]}"}})
    assert problems == []
    assert plain["b"] == {"x": 1, "y": "z"}
    assert plain["c"] == {"d": [1, 2], "e": [1, 2], "f": 2}
    chain = {f"k{i}": f"${{k{i + 1}}}" for i in range(500)} | {"k500": "1"}
    for order in (1, -1):
        _, problems = resolve(dict(list(chain.items())[::order]))
        assert len(problems) >= 500 - 32
    assert {problem.message for problem in problems} == {
        "its references lead back to itself, or through more than 32 others"
    }


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(1, 9), min_size=1, max_size=6))
def test_aliases_count_for_what_they_stand_for(tmp_path_factory: pytest.TempPathFactory, widths: list[int]) -> None:
    """The count by events is that of the values after loading."""
    lines, sizes = ["a0: &a0 x"], [1]
    for level, width in enumerate(widths, start=1):
        lines.append(f"a{level}: &a{level} [{', '.join([f'*a{level - 1}'] * width)}]")
        sizes.append(1 + width * sizes[-1])
    total = 1 + len(sizes) + sum(sizes)
    file = tmp_path_factory.mktemp("yaml") / "x.yaml"
    file.write_text("\n".join(lines) + "\n")
    if total <= MOST_VALUES:
        refuse_unbounded(file, "x.yaml")
    else:
        with pytest.raises(ConfigError, match="more than 100,000 values"):
            refuse_unbounded(file, "x.yaml")


SECRETS = [
    *(
        f"https://example.org/{{symbol}}?{name}=S3CR3T&from={{start}}"
        for name in ("token", "api_token", "API-TOKEN", "key", "appid", "apikey", "X-Api-Key", "sig", "%74oken", "foo")
    ),
    "https://:S3CR3T@example.org/{symbol}",
    "https://S3CR3T@example.org/{symbol}",
    "https://me:S3CR3T@example.org/{symbol}",
    "https://example.org/{symbol}?S3CR3T",
    "https://example.org/{symbol};token=S3CR3T",
    "https://example.org/token/S3CR3T/{symbol}",
    "https://example.org/v1/S3CR3T0123456789abcdef/{symbol}",
    "https://example.org/{symbol}#S3CR3T",
    "https://example.org/{symbol}?from=1;token=S3CR3T",
    "postgresql://me:S3CR3T@host/db",
    "see https://example.org/?token=S3CR3T for more",
]
HARMLESS = [
    "https://example.org/keyword/tokens/{symbol}?from={start}&to={end}&interval={interval}&limit=1000&sort=asc",
    "https://example.org/v8/finance/chart/{symbol}?period1={start}&period2={end}&tf={interval}&adjusted=true",
    "https://example.org/token/{symbol}",
    "http://localhost:5000",
    "sqlite:///outputs/mlflow.db",
    "postgresql://me@host/db?sslmode=require",
    "https://example.org/{symbol}?s={symbol}",
]


@pytest.mark.parametrize("address", SECRETS)
def test_an_address_that_may_hold_a_secret_is_refused_and_not_repeated(address: str) -> None:
    for config in ({"data": {"url": address}}, {"a": [{"b": address}]}, {"a": [address]}):
        problems = list(secret_problems(config))
        assert problems, address
        assert not any("S3CR3T" in f"{problem.path}{problem.message}{problem.hint}" for problem in problems)


def test_settings_of_hydra_hold_no_secret_either() -> None:
    with pytest.raises(ConfigError, match=r"^hydra\.0: holds a user or password before its host; ") as error:
        compose(["hydra.sweeper.storage=postgresql://me:S3CR3T@host/db"])
    assert "S3CR3T" not in str(error.value)


def test_a_mistake_beside_a_secret_is_told_without_it() -> None:
    url = "https://example.org/{symbol}?token=S3CR3T"
    for override in (f"data.url={url}", f"data.url='{url}',other", f"seed.x='{url}'", f"data.url=[{url}"):
        try:
            problems = [str(problem) for problem in compose(["data=http", override]).problems]
        except ConfigError as error:
            problems = [str(error)]
        assert problems
        assert not any("S3CR3T" in line for line in problems), problems


@pytest.mark.parametrize("address", HARMLESS)
def test_harmless_addresses_pass(address: str) -> None:
    assert list(secret_problems({"data": {"url": address}})) == []


def test_what_is_declared_is_harmless() -> None:
    address = "https://example.org/0123456789abcdef0123/{symbol}?plan=free"
    assert len(list(secret_problems({"url": address}))) == 2
    assert list(secret_problems({"url": address, "harmless": ["plan", "0123456789abcdef0123"]})) == []
