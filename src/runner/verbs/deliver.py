"""deliver [--workspace SWEEP]: tell the trackers what they do not know yet, and say what cannot be told

Runs are told by a process that nobody waits for; what it could not tell, for want of a network, a key or a disk, waits
in the run folders for this command or the next run. Nothing is told twice. --workspace saves a page in W&B beside it on
which the trials of a sweep are compared; it needs a key and the extra `workspaces`."""

from argparse import ArgumentParser, Namespace

from runner.answer import Answer, said
from runner.specification.places import HERE

ANSWER = {
    "told": "integer: records that were told, each place counted",
    "waiting": "list: what could not be told, one sentence each",
    "workspace": "text or null: address of the page that was saved",
}


def add_arguments(parser: ArgumentParser) -> None:
    """Which sweep is to be compared."""
    parser.add_argument("--workspace", metavar="SWEEP", help="a folder of outputs/sweeps, its name, or latest")


def run(options: Namespace) -> Answer:
    """How much was told, and what waits. Raises ConfigError and Unavailable of a workspace that cannot be made."""
    from runner.tracking.deliver import told_now
    from runner.tracking.waiting import Folders

    told, lines = 0, []
    if HERE.outputs.is_dir():
        found = told_now(HERE.outputs, Folders(HERE.outputs))
        told, lines = found.told, found.lines()
    address = _workspace(options.workspace) if options.workspace else None
    summary = f"{told} {'record' if told == 1 else 'records'} told"
    shown = (summary, *lines, *([f"workspace: {address}"] if address else []))
    return Answer({"told": told, "waiting": lines, "workspace": address}, said(*shown))


def _workspace(name: str) -> str:
    """Address of a new workspace of W&B for a sweep."""
    from components.errors import ConfigError
    from runner.composition.configure import configure
    from runner.sweeps.opened import folder_of, opened_again
    from runner.tracking.wandb import WandB
    from runner.tracking.workspace import comparison, own_entity, saved

    opened = opened_again(folder_of(name))
    trials = opened.study().refresh()
    places = configure(opened.space.overrides(trials[0].values))[0].tracking.places() if trials else {}
    tracker = next((place for place in places.values() if isinstance(place, WandB)), None)
    if tracker is None:
        raise ConfigError(f"{opened.folder}: its trials were not told to W&B; search with tracking=wandb")
    branches = [key for branch in opened.space.branches for key in branch.parameters]
    return saved(
        comparison(
            project=tracker.project,
            entity=tracker.entity or own_entity(),
            sweep=opened.folder.name,
            objectives=dict(zip(opened.objectives, opened.directions, strict=True)),
            parameters=[key.lstrip("+") for key in (*opened.space.parameters, *branches)],
        )
    )
