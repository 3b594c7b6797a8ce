"""Sentiment of texts at bars: against a plain double loop, and never before it was published."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from components.data._scoring import finbert, finbert_identity, remembered, vader
from components.data.files import Files
from components.data.sentiment import FIELDS, Sentiment
from components.errors import ConfigError, DataError
from components.panel import Panel

DAYS = pd.to_datetime(["2020-01-02", "2020-01-03", "2020-01-06", "2020-01-07"])
GOOD, BAD = "a great win, wonderful profits", "a terrible loss, horrible fraud"


@pytest.fixture(autouse=True)
def in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    bars = pd.DataFrame({"symbol": np.repeat(["A", "B"], 4), "date": [*DAYS, *DAYS], "close": np.arange(1.0, 9.0)})
    bars.to_csv("bars.csv", index=False)


def texts(*rows: tuple[str, str, Any]) -> None:
    pd.DataFrame(rows, columns=["symbol", "timestamp", "text"]).to_csv("texts.csv", index=False)


def source(**changes: Any) -> Sentiment:
    files = dict(Files.examples()[0]) | {"path": "bars.csv", "time_column": "date"}
    settings: dict[str, Any] = {
        **{"main": Files(**files), "stamps": "date", "path": "texts.csv", "symbol_column": "symbol"},
        **{
            "time_column": "timestamp",
            "published": "time",
            "text_column": "text",
            "scorer": "column",
            "finbert_folder": None,
        },
        **{"neutral": 0.0, "half_range": 1.0, "lag_minutes": 0.0, "half_life_hours": 24.0},
        **{"cache_folder": "scores"},
    }
    return Sentiment(**settings | changes)


def of(panel: Panel, symbol: str) -> dict[str, np.ndarray]:
    s = panel.symbols.index(symbol)
    return {name: panel.fields[name][panel.offsets[s] : panel.offsets[s + 1]] for name in FIELDS}


def test_fields_are_those_of_the_bars_and_three_more() -> None:
    texts(("A", "2020-01-02T10:00:00Z", 1.0))
    assert source().fields() == ("close", "sentiment", "news", "news_weight")
    assert tuple(source().load().fields) == source().fields()


def test_a_text_counts_from_the_first_decision_after_it_was_known_and_fades() -> None:
    other = ("B", "2020-01-02T10:00:00Z", 0.0)
    texts(other, ("A", "2020-01-03T00:00:00Z", 1.0))  # the moment when 2 January is over and decided on
    found = of(source().load(), "A")
    assert found["news"].tolist() == [1, 0, 0, 0]
    assert found["news_weight"] == pytest.approx([1, 0.5, 0.5**4, 0.5**5])
    assert found["sentiment"] == pytest.approx(found["news_weight"] / (1 + found["news_weight"]))
    one_second_later = "2020-01-03T00:00:01Z"
    texts(("A", one_second_later, 1.0))
    assert of(source().load(), "A")["news"].tolist() == [0, 1, 0, 0]
    assert of(source(stamps="end").load(), "A")["news"].tolist() == [0, 0, 1, 0]


def test_lag_delays_and_offsets_of_the_clock_count() -> None:
    texts(("A", "2020-01-02T22:00:00Z", 1.0), ("B", "2020-01-02T20:30:00-05:00", 1.0))
    assert of(source().load(), "A")["news"].tolist() == [1, 0, 0, 0]
    assert of(source(lag_minutes=180.0).load(), "A")["news"].tolist() == [0, 1, 0, 0]
    assert of(source().load(), "B")["news"].tolist() == [0, 1, 0, 0]


def test_a_text_that_names_a_day_is_known_when_the_day_is_over() -> None:
    texts(("A", "2020-01-03", 1.0))
    assert of(source(published="date").load(), "A")["news"].tolist() == [0, 1, 0, 0]


def test_equals_a_plain_double_loop() -> None:
    rng = np.random.default_rng(5)
    rows = [
        (str(rng.choice(["A", "B", "other"])), str(DAYS[0] + pd.Timedelta(hours=float(rng.uniform(-30, 160)))), score)
        for score in rng.uniform(-1, 1, 60).round(3)
    ]
    texts(*rows)
    panel = source(lag_minutes=90.0, half_life_hours=13.0).load()
    for symbol in ("A", "B"):
        found = of(panel, symbol)
        before = -np.inf
        for bar, day in enumerate(DAYS):
            decided = (day + pd.Timedelta(days=1)).timestamp()
            known = [
                (decided - pd.Timestamp(at).timestamp() - 90 * 60, score)
                for name, at, score in rows
                if name == symbol and pd.Timestamp(at).timestamp() + 90 * 60 <= decided
            ]
            weights = [0.5 ** (age / 3600 / 13.0) for age, _ in known]
            scored = sum(weight * score for weight, (_, score) in zip(weights, known, strict=True))
            assert found["news_weight"][bar] == pytest.approx(sum(weights))
            assert found["sentiment"][bar] == pytest.approx(scored / (1 + sum(weights)))
            assert found["news"][bar] == sum(1 for age, _ in known if decided - age > before)
            before = decided


def test_later_texts_change_no_earlier_bar() -> None:
    early = [("A", "2020-01-02T10:00:00Z", 0.5), ("B", "2020-01-03T10:00:00Z", -0.5)]
    texts(*early)
    without = source().load()
    texts(*early, ("A", "2020-01-06T10:00:00Z", -1.0), ("B", "2020-01-07T10:00:00Z", 1.0))
    along = source().load()
    for field in FIELDS:
        for s, known in ((0, 2), (1, 3)):
            rows = slice(4 * s, 4 * s + known)
            assert without.fields[field][rows].tobytes() == along.fields[field][rows].tobytes()


def test_scores_of_a_column_are_put_on_the_common_scale() -> None:
    texts(("A", "2020-01-02", 5), ("B", "2020-01-02", 9), ("B", "2020-01-06", None))
    panel = source(neutral=3.0, half_range=2.0, half_life_hours=1e9, published="date").load()
    assert of(panel, "A")["sentiment"] == pytest.approx([0.5] * 4)  # one text of score 1 beside the neutral one
    assert of(panel, "B")["sentiment"] == pytest.approx([0.5] * 4)
    assert of(panel, "B")["news"].tolist() == [1, 0, 0, 0]


def test_vader_knows_good_from_bad() -> None:
    good, bad, neutral = vader([GOOD, BAD, "the annual meeting is on Tuesday"])
    assert good > 0.5
    assert bad < -0.5
    assert neutral == 0.0
    texts(("A", "2020-01-02T10:00:00Z", GOOD), ("B", "2020-01-02", BAD), ("B", "2020-01-04", GOOD))
    panel = source(scorer="vader").load()
    assert of(panel, "A")["sentiment"][0] > 0 > of(panel, "B")["sentiment"][0]


def test_no_text_is_scored_twice_under_the_same_identity(tmp_path: Path) -> None:
    asked: list[str] = []

    def score(texts_N: Sequence[str]) -> np.ndarray:
        asked.extend(texts_N)
        return np.array([len(text) / 7 for text in texts_N])

    folder = str(tmp_path / "kept")
    first = remembered(score, ["a", "bb"], folder=folder, identity="one")
    again = remembered(score, ["ccc", "bb", "a"], folder=folder, identity="one")
    assert asked == ["a", "bb", "ccc"]
    assert first.tolist() == again[[2, 1]].tolist() == [1 / 7, 2 / 7]
    remembered(score, ["a"], folder=folder, identity="other weights")
    assert asked[3:] == ["a"]
    for file in Path(folder).iterdir():
        file.write_bytes(file.read_bytes()[:-1])  # damaged: scored anew
    assert remembered(score, ["a"], folder=folder, identity="one").tolist() == [1 / 7]
    assert asked[4:] == ["a"]


def test_cold_and_remembered_scores_are_the_same() -> None:
    texts(("A", "2020-01-02T10:00:00Z", GOOD), ("B", "2020-01-03T10:00:00Z", BAD))
    cold = source(scorer="vader").load()
    assert len(list(Path("scores").iterdir())) == 1
    assert source(scorer="vader").load().fingerprint == cold.fingerprint


def test_texts_come_from_parquet_too() -> None:
    texts(("A", "2020-01-02T10:00:00Z", 0.5))
    table = pd.read_csv("texts.csv")
    table["timestamp"] = pd.to_datetime(table["timestamp"])
    table.to_parquet("texts.parquet")
    one, other = source().load(), source(path="texts.parquet").load()
    assert one.fingerprint == other.fingerprint


@pytest.fixture
def classifier(tmp_path: Path) -> str:
    """A tiny classifier with FinBERT's architecture and labels, with random weights."""
    from transformers import BertConfig, BertForSequenceClassification, BertTokenizer, set_seed

    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "profits", "rose", "fell"]
    (tmp_path / "vocab.txt").write_text("\n".join(words))
    set_seed(0)
    config = BertConfig(
        **{"vocab_size": len(words), "hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2},
        **{"intermediate_size": 16, "max_position_embeddings": 12},
        id2label={0: "positive", 1: "negative", 2: "neutral"},
    )
    folder = tmp_path / "finbert"
    BertForSequenceClassification(config).save_pretrained(folder)
    BertTokenizer(str(tmp_path / "vocab.txt")).save_pretrained(folder)
    return str(folder)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_finbert_scores_with_the_weights_of_a_local_folder(classifier: str) -> None:
    long = "profits rose " * 20
    scores = finbert(["profits rose", "profits fell", long], classifier)
    assert scores.shape == (3,)
    assert (np.abs(scores) < 1).all()
    assert scores[0] != scores[1]
    assert finbert(["profits fell"], classifier)[0] == scores[1]
    before = finbert_identity(classifier)
    (Path(classifier) / "notes.txt").write_text("other weights")
    assert finbert_identity(classifier) != before
    texts(("A", "2020-01-02", "profits rose"), ("B", "2020-01-02", "profits fell"))
    built = source(scorer="finbert", finbert_folder=classifier, half_life_hours=1e9, published="date")
    assert of(built.load(), "B")["sentiment"][0] == pytest.approx(scores[1] / 2, abs=1e-6)
    assert built.facts().cautions == (
        "sentiment: a language model that was trained after a text was published judges it with hindsight",
    )


def test_errors_say_what_to_mend(tmp_path: Path) -> None:
    def complaint(**changes: Any) -> str:
        with pytest.raises((DataError, ConfigError)) as caught:
            source(**changes).load()
        return str(caught.value)

    assert complaint() == ("texts.csv: no such file; give an existing CSV or Parquet file in data.path")
    texts(("A", "2020-01-02", 1.0))
    assert complaint() == (
        "texts.csv: every text is stamped midnight, so the stamps name days; set data.published=date, "
        "lest texts be read before they were written"
    )
    texts(("A", "2020-01-02", "x"))
    assert complaint() == "texts.csv: line 2: 'x' is no number (text); mend it"
    assert complaint(text_column="headline") == (
        "texts.csv: no column 'headline' (data.text_column); columns: symbol, timestamp, text"
    )
    assert complaint(finbert_folder="weights") == (
        "data.finbert_folder: names a folder if and only if scorer is finbert, which is column; "
        "weights are never downloaded"
    )
    assert complaint(scorer="finbert", finbert_folder="absent") == (
        "absent: no such folder; give the folder of a downloaded model in data.finbert_folder"
    )
    (tmp_path / "empty").mkdir()
    assert complaint(scorer="finbert", finbert_folder="empty").startswith(
        "empty: holds no model with weights as safetensors: "
    )
    texts(("A", "2020-01-02", 1.0), ("A", "yesterday", 1.0))
    assert complaint() == (
        "texts.csv: line 3: 'yesterday' is no date in the format ISO 8601 (2020-12-31); mend it or set data.date_format"
    )
    texts(("AAPL", "2020-01-02", 1.0))
    assert complaint() == (
        "texts.csv: no text is about a symbol of the bars; symbols there: AAPL; in the bars: A, B; spell them alike"
    )
    assert complaint(main=source()) == "data.main: has a field 'news' already; sentiment adds one"
