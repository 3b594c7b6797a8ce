"""Where configuration files lie."""

from pathlib import Path

CONFIG = "conf"


def config_folder() -> Path:
    """The shipped configurations: conf/ of a checkout, else the copy inside the installed package."""
    package = Path(__file__).resolve().parent
    checkout = package.parents[1] / CONFIG
    return checkout if (checkout / "config.yaml").is_file() else package / CONFIG


def local_folder() -> Path | None:
    """./conf, whose files win over the shipped ones; None where there is none or it is the shipped one."""
    local = Path.cwd() / CONFIG
    if not local.is_dir() or local.resolve() == config_folder():
        return None
    return local
