"""Settings that name an environment variable: a secret that is written there is refused, and not repeated."""

import pytest

from runner.composition.secrets import secret_problems

REFUSED = "names no environment variable, and may be the secret itself"


@pytest.mark.parametrize(
    "value",
    [
        "sk-live-51H8xYz",
        "k3y/of+the=service",
        "aB3dE5fG7hI9jK1lM3nO5",
        "Bearer abc",
        "https://x.y",
        "",
        " KEY",
        "a" * 200,
    ],
)
@pytest.mark.parametrize("place", ["data", "fallback", "list"])
def test_what_is_no_name_of_a_variable_is_refused_and_not_repeated(value: str, place: str) -> None:
    section = {"api_key_env": value}
    config = {"data": {"data": section, "fallback": {"fallback": section}, "list": {"several": [section]}}[place]}
    found = [str(problem) for problem in secret_problems(config) if REFUSED in str(problem)]
    assert len(found) == 1
    assert found[0].partition(":")[0].startswith("data.")
    assert not value.strip() or value not in found[0]


@pytest.mark.parametrize(
    "name", ["MARKET_DATA_KEY", "key", "KEY2", "_KEY", "ALPHA_VANTAGE_API_KEY_2025", "my_own_key_of_2024"]
)
def test_names_of_variables_pass(name: str) -> None:
    assert list(secret_problems({"data": {"api_key_env": name, "url_env": name, "key_env": name}})) == []
    assert list(secret_problems({"data": {"api_key_env": None}})) == []
    assert list(secret_problems({"data": {"api_key_env": "???"}})) == []
