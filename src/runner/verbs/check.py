"""check [-m] OVERRIDES: check an experiment, or every point of a sweep, without reading any data"""

import shlex
from argparse import ArgumentParser, Namespace
from typing import Any

from runner.answer import Answer, said

ANSWER = {
    "settings": "integer or null: how many were checked; null for a sweep",
    "points": "integer: how many combinations were checked; 1 for an experiment",
    "experiment": "text or null: its name; null for a sweep",
    "choices": "map: slot -> choice",
    "provable": "list: what the gates could show of it, one sentence each",
}


def add_arguments(parser: ArgumentParser) -> None:
    """An experiment, as for a run."""
    parser.add_argument("-m", "--multirun", action="store_true", help="check every point of a sweep")
    parser.add_argument("overrides", nargs="*", metavar="OVERRIDE", help="as for a run: +experiment=NAME ...")


def run(options: Namespace) -> Answer:
    """What was checked, and the notices; raises ConfigError with every problem."""
    if options.multirun:
        from runner.sweeps.checked import checked
        from runner.sweeps.settings import asked

        points = checked(asked(options.overrides)).seen
        content: dict[str, Any] = {
            "settings": None,
            "points": len(points),
            "experiment": None,
            "choices": {},
            "provable": [],
        }
        return Answer(content, said(f"ok: {len(points)} points checked"))
    from runner.composition.composed import leaves
    from runner.composition.configure import configure
    from runner.judging.reach import reach_of

    experiment, composed = configure(options.overrides)
    n_settings, n_notices = sum(1 for _ in leaves(composed.config)), len(composed.notices)
    provable = list(reach_of(experiment))
    lines = (
        f"ok: {n_settings} settings checked, {n_notices} notice{'' if n_notices == 1 else 's'}",
        *(f"notice: {notice}" for notice in composed.notices),
        *(f"provable: {line}" for line in provable),
    )
    content = {
        "settings": n_settings,
        "points": 1,
        "experiment": experiment.name,
        "choices": dict(composed.choices),
        "provable": provable,
    }
    again = shlex.join(options.overrides)
    return Answer(content, said(*lines), next=(again,) if again else (), notices=composed.notices)
