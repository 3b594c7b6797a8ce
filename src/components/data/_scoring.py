"""Scores of texts, from -1 (bad news) to 1 (good news)."""

import hashlib
import json
from collections.abc import Callable, Sequence
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np

from components.data import _fetched
from components.errors import DataError
from components.optional import installation, missing
from components.panel import Float

FINBERT = ("transformers", "torch")
Scorer = Callable[[Sequence[str]], Float]


def remembered(score: Scorer, texts_N: Sequence[str], *, folder: str, identity: str) -> Float:
    """(N,) scores; a text that was scored before under this identity is not scored again.

    folder: where the scores are kept; identity: everything that a score depends on but the text.
    """
    known: dict[str, float] = json.loads(_fetched.recall(folder, identity) or b"{}")
    keys_N = [hashlib.sha256(text.encode()).hexdigest()[:32] for text in texts_N]
    unknown = [i for i, key in enumerate(keys_N) if key not in known]
    if unknown:
        scores = score([texts_N[i] for i in unknown])
        known |= {keys_N[i]: float(value) for i, value in zip(unknown, scores, strict=True)}
        _fetched.keep(folder, identity, json.dumps(known).encode())
    return np.array([known[key] for key in keys_N], dtype=np.float64)


def vader_identity() -> str:
    return f"vader {metadata.version('vaderSentiment')}"


def finbert_identity(folder: str) -> str:
    """The weights by content, and the libraries that compute with them.

    Raises DataError where one of them is not there.
    """
    if absent := missing(FINBERT):
        raise DataError(f"scorer finbert: needs {' and '.join(absent)}, not installed; {installation(FINBERT)}")
    if not Path(folder).is_dir():
        raise DataError(f"{folder}: no such folder; give the folder of a downloaded model in data.finbert_folder")
    digest = hashlib.sha256()
    for path in sorted(path for path in Path(folder).glob("*") if path.is_file()):
        digest.update(path.name.encode() + hashlib.sha256(path.read_bytes()).digest())
    versions = [f"{name} {metadata.version(name)}" for name in FINBERT]
    return f"finbert {digest.hexdigest()} {' '.join(versions)}"


def vader(texts_N: Sequence[str]) -> Float:
    """(N,) compound scores of the VADER lexicon (Hutto and Gilbert 2014), which comes with its package."""
    from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

    analyser = SentimentIntensityAnalyzer()
    return np.array([analyser.polarity_scores(text)["compound"] for text in texts_N], dtype=np.float64)


def finbert(texts_N: Sequence[str], folder: str) -> Float:
    """(N,) probability of positive minus probability of negative, by a sequence classifier such as FinBERT
    (Araci 2019). The weights are read from a folder, as safetensors; nothing is downloaded.

    Raises DataError where the folder holds no such model.
    """
    import torch
    import transformers

    try:
        tokenizer = transformers.AutoTokenizer.from_pretrained(folder, local_files_only=True)
        model = transformers.AutoModelForSequenceClassification.from_pretrained(
            folder, local_files_only=True, use_safetensors=True
        )
    except (OSError, ValueError) as error:
        raise DataError(f"{folder}: holds no model with weights as safetensors: {_reason(error)}") from None
    positive, negative = _columns(model.config.id2label, folder)
    model.eval()
    length = model.config.max_position_embeddings
    scores = np.empty(len(texts_N))
    with torch.inference_mode():
        # One by one: in company, padding would change a score's last digits.
        for i, text in enumerate(texts_N):
            tokens = tokenizer(text, truncation=True, max_length=length, return_tensors="pt")
            odds = model(**tokens).logits.double().softmax(dim=-1)[0]
            scores[i] = float(odds[positive] - odds[negative])
    return scores


def _columns(labels: dict[int, Any], folder: str) -> tuple[int, int]:
    """Where the model says positive and negative."""
    found = {str(label).lower(): i for i, label in labels.items()}
    if not {"positive", "negative"} <= set(found):
        raise DataError(f"{folder}: the model must know the labels positive and negative; its labels: {list(found)}")
    return found["positive"], found["negative"]


def _reason(error: Exception) -> str:
    return str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
