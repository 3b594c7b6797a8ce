"""Advice names what the file has written, not what YAML made of it."""

from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from omegaconf._utils import get_yaml_loader

from components.errors import ConfigError
from runner.composition.configure import configure
from runner.composition.schema import show
from runner.composition.spellings import LOOKS_OTHER, MAY_LOOK_OTHER

HEAD = (
    "# @package _global_\ndefaults:\n  - override /data: yfinance\ndata:\n  start: '2020-01-01'\n  end: '2021-01-01'\n"
)
GROUPS = "# @package _global_\ndefaults:\n  - override /data: joined\n  - override /data@data.main: bundled\ndata:\n"
# What YAML 1.1 reads as no text, one of each kind.
SPELLINGS = (
    *("NO", "no", "Yes", "on", "OFF", "True", "0700", "0001", "1", "-0", "+12", "1_000", "0x1F", "0b11"),
    *("1e3", "1E5", ".5", "5.", "007.5", ".inf", "12:30", "1:02:03", "190:20:30.15"),
)


@pytest.fixture
def experiment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):  # type: ignore[no-untyped-def]
    def lines(text: str, *overrides: str) -> list[str]:
        monkeypatch.chdir(tmp_path)
        file = tmp_path / "conf" / "experiment" / "mine.yaml"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        with pytest.raises(ConfigError) as caught:
            configure(["+experiment=mine", *overrides])
        return str(caught.value).splitlines()

    return lines


def test_every_spelling_in_a_list_is_advised_in_its_own_letters(experiment) -> None:  # type: ignore[no-untyped-def]
    wrong = (*SPELLINGS, "~", "null")
    found = experiment(f"{HEAD}  symbols:\n" + "".join(f"    - {text}\n" for text in wrong))
    assert len(found) == len(wrong)
    for place, (text, line) in enumerate(zip(wrong, found, strict=True)):
        read = show(yaml.load(text, Loader=get_yaml_loader()))  # OmegaConf's, a safe one
        said = "" if read == text else f", which YAML reads as {read},"
        assert line == (
            f"data.symbols.{place}: {text} (conf/experiment/mine.yaml, line {place + 8}){said} is not allowed; "
            f"must be text; write '{text}' in quotes"
        )


def test_every_spelling_of_a_name_is_advised_in_its_own_letters(experiment) -> None:  # type: ignore[no-untyped-def]
    found = experiment(f"{GROUPS}  groups:\n    country:\n" + "".join(f"      {text}: HK\n" for text in SPELLINGS))
    expected = set()
    for place, text in enumerate(SPELLINGS):
        read = show(yaml.load(text, Loader=get_yaml_loader()))
        expected.add(
            f"data.groups.country.{text}: a name must be text, and YAML reads {'none' if read == text else read} "
            f"(conf/experiment/mine.yaml, line {place + 8}); write '{text}' in quotes"
        )
    assert set(found) == expected


def test_names_that_become_one_are_all_named(experiment) -> None:  # type: ignore[no-untyped-def]
    found = experiment(f"{GROUPS}  groups:\n    country: {{0001: HK, 1: US, Yes: B}}\n")
    assert [line.partition(":")[0] for line in found] == [
        f"data.groups.country.{name}" for name in ("0001", "1", "Yes")
    ]


def test_what_is_read_as_text_is_left_alone(experiment) -> None:  # type: ignore[no-untyped-def]
    text = ["2020-01-01", "08", "y", "n", "NaN", "0o17", "'NO'", '"0700"']
    (line,) = experiment(f"{HEAD}  symbols: [{', '.join(text)}, NO]\n")
    assert line.startswith("data.symbols.8: NO (conf/experiment/mine.yaml, line 7), which YAML reads as false,")


def test_a_number_that_looks_like_another_one_is_never_believed(experiment) -> None:  # type: ignore[no-untyped-def]
    """Octal and sexagesimal numbers, where a number is right."""
    found = experiment("# @package _global_\nseed: 010\nsplit: {n_folds: 1:20}\nfeatures: {windows: [0700, 22]}\n")
    hint = "if you mean that, or the number without leading zeros and colons"
    assert found == [
        f"seed: 010 (conf/experiment/mine.yaml, line 2) is read as 8 by YAML; write 8 {hint}",
        f"split.n_folds: 1:20 (conf/experiment/mine.yaml, line 3) is read as 80 by YAML; write 80 {hint}",
        f"features.windows.0: 0700 (conf/experiment/mine.yaml, line 4) is read as 448 by YAML; write 448 {hint}",
    ]


def test_a_number_where_a_truth_is_meant_keeps_its_own_advice(experiment) -> None:  # type: ignore[no-untyped-def]
    assert experiment("# @package _global_\nsplit: {first_share: NO}\n") == [
        "split.first_share: NO (conf/experiment/mine.yaml, line 2), which YAML reads as false, is not allowed; "
        "must be a number > 0 and < 1"
    ]


@pytest.mark.parametrize(
    ("entry", "path", "text", "read"),
    [
        ("override /debug: off", "defaults.0.override /debug", "off", "false"),
        ("override /features: [volatility, NO]", "defaults.0.override /features.1", "NO", "false"),
        ("override /features: 0700", "defaults.0.override /features", "0700", "448"),
    ],
)
def test_choices_of_a_defaults_list(entry: str, path: str, text: str, read: str, experiment) -> None:  # type: ignore[no-untyped-def]
    assert experiment(f"# @package _global_\ndefaults:\n  - {entry}\n") == [
        f"conf/experiment/mine.yaml, line 3: {path}: {text} is read as {read} by YAML; write '{text}' in quotes"
    ]


def test_a_name_that_is_nothing(experiment) -> None:  # type: ignore[no-untyped-def]
    assert experiment("# @package _global_\ndata:\n  columns: {~: x}\n") == [
        "conf/experiment/mine.yaml, line 3: data.columns.~: ~ is read as null by YAML; write '~' in quotes"
    ]


def test_the_command_line_too(experiment) -> None:  # type: ignore[no-untyped-def]
    assert experiment(f"{HEAD}  symbols: [A]\n", "data.symbols=[NO,1e3,0700]") == [
        "data.symbols.1: 1e3, which is read as 1000.0, is not allowed; must be text; "
        "put '1e3' in quotes: \"data.symbols=...'1e3'...\""
    ]


@settings(max_examples=60)
@given(st.from_regex(r"[-+]?[0-9_:.xob]{1,8}", fullmatch=True))
def test_what_looks_like_another_number_is_found_before_files_are_parsed(text: str) -> None:
    """Decimal numbers keep their value; the others are all seen by the quick search."""
    value = yaml.load(f"x: {text}", Loader=get_yaml_loader()) if not text.endswith(":") else None
    value = value["x"] if isinstance(value, dict) else None
    if isinstance(value, int) and not isinstance(value, bool) and not text.lstrip("+-").startswith(("0x", "0b")):
        plain = text.replace("_", "")
        same = not plain.lstrip("+-").startswith("0") and ":" not in plain and int(plain) == value
        assert same or value == 0 or LOOKS_OTHER.fullmatch(text)
        assert not LOOKS_OTHER.fullmatch(text) or MAY_LOOK_OTHER.search(f"x: {text}")
