"""seal FILE --from DATE: seal the bars from a date on, so that only a promotion can read them

Writes two files beside FILE: NAME.visible.csv (or .parquet), which experiments read, and NAME.sealed,
which holds the rest of it, encrypted and authenticated (AES-256-GCM, by the package `cryptography`), and
notes in the ledger when that happened. FILE itself is left as it is: take it away, or the seal says
little. The key is read from an environment variable, and is best kept by another person:

  export ASSAY_VAULT_KEY=$(python -m runner seal --new-key)

An experiment reads both with data=sealed; what to write is printed. Runs and sweeps see the visible part
alone; promotion asks for the key, opens the seal once, and says whether it was there before the first
trial."""

from argparse import ArgumentParser, Namespace
from pathlib import Path

from components.errors import ConfigError
from runner.answer import Answer, said

ANSWER = {
    "visible": "text: the file that experiments read",
    "sealed": "text: the file that only a promotion can read",
    "visible_rows": "integer: in the first",
    "sealed_rows": "integer: in the second",
    "settings": "text: what an experiment writes to read both, as YAML",
    "key": "text: with --new-key, the key",
}
KEY = "ASSAY_VAULT_KEY"


def add_arguments(parser: ArgumentParser) -> None:
    """Which file, from when on, and whose key."""
    parser.add_argument("file", nargs="?", help="CSV or Parquet, one line per bar and symbol")
    parser.add_argument("--from", dest="begins", metavar="DATE", help="the first day that is sealed, YYYY-MM-DD")
    parser.add_argument("--key-env", default=KEY, metavar="NAME", help=f"variable that holds the key (default: {KEY})")
    parser.add_argument("--new-key", action="store_true", help="print a new key and do nothing else")


def run(options: Namespace) -> Answer:
    """Writes both parts and tells what an experiment writes to read them."""
    from components.optional import installation, missing
    from components.sealing import DISTRIBUTION, key_of, new_key

    if absent := missing((DISTRIBUTION,)):
        raise ConfigError(f"seal: needs {DISTRIBUTION}, not installed; {installation(absent)}")
    if options.new_key:
        key = new_key()
        return Answer({"key": key}, said(key))
    if options.file is None or options.begins is None:
        raise ConfigError("seal: name the file and the first day: seal FILE --from DATE (or --new-key)")
    from runner.promotion.sealing import seal_file
    from runner.specification.places import HERE

    made = seal_file(Path(options.file), options.begins, key_of(options.key_env), HERE)
    settings = made.settings(options.key_env)
    lines = (
        f"visible  {made.visible}  {made.n_visible:,} rows",
        f"sealed   {made.sealed}  {made.n_sealed:,} rows from {options.begins} on",
        f"\nNoted in the ledger, {made.before or 'before the first trial'}. In an experiment:\n",
        settings,
        f"\nNow take {options.file} away: whoever has it needs no key.",
    )
    content = {
        "visible": str(made.visible),
        "sealed": str(made.sealed),
        "visible_rows": made.n_visible,
        "sealed_rows": made.n_sealed,
        "settings": settings,
    }
    return Answer(content, said(*lines))
