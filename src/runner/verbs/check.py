"""check [-m] OVERRIDES: check an experiment, or every point of a sweep, without reading any data"""

from argparse import ArgumentParser, Namespace

from runner import exit_codes


def add_arguments(parser: ArgumentParser) -> None:
    """An experiment, as for a run."""
    parser.add_argument("-m", "--multirun", action="store_true", help="check every point of a sweep")
    parser.add_argument("overrides", nargs="*", metavar="OVERRIDE", help="as for a run: +experiment=NAME ...")


def run(options: Namespace) -> int:
    """Prints one line and the notices; raises ConfigError with every problem."""
    if options.multirun:
        from runner.sweeps.points import asked_points, check_points

        points = asked_points(options.overrides)
        check_points(points)
        print(f"ok: {len(points)} points checked")
        return exit_codes.RAN
    from runner.composition.composed import leaves
    from runner.composition.configure import configure
    from runner.judging.reach import reach

    experiment, composed = configure(options.overrides)
    n_settings, n_notices = sum(1 for _ in leaves(composed.config)), len(composed.notices)
    print(f"ok: {n_settings} settings checked, {n_notices} notice{'' if n_notices == 1 else 's'}")
    for notice in composed.notices:
        print(f"notice: {notice}")
    for line in reach(experiment.gates):
        print(f"provable: {line}")
    return exit_codes.RAN
