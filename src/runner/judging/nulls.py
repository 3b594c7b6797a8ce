"""Where the best trial of a sweep stands among null worlds, as its run folder says."""

import json
from pathlib import Path

from components.values import NullRank
from runner.recording.run_folder import NULL_WORLDS


def null_rank(folder: Path) -> NullRank | None:
    """By the leading figure; None where the run is no best trial of a sweep that was searched in null worlds."""
    try:
        content = json.loads((folder / NULL_WORLDS).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    of = content["figures"][content["leading"]]
    figures = {name: of[name] for name in ("p_value", "rank", "worlds", "low", "high")}
    return NullRank(figure=content["leading"], value=of["real"], trials=content["trials"], **figures)
