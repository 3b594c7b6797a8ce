"""Where configuration files lie."""

from pathlib import Path

CONFIG = "conf"


def config_folder() -> Path:
    """The shipped configurations: conf/ of a checkout, else the copy inside the installed package."""
    package = Path(__file__).resolve().parents[1]
    checkout = package.parents[1] / CONFIG
    return checkout if (checkout / "config.yaml").is_file() else package / CONFIG


def local_folder() -> Path | None:
    """./conf, whose files win over the shipped ones; None where there is none or it is the shipped one."""
    local = Path.cwd() / CONFIG
    if not local.is_dir() or local.resolve() == config_folder():
        return None
    return local


def config_files(group: str) -> dict[str, Path]:
    """choice -> file of a group, sorted; the files of ./conf win."""
    files: dict[str, Path] = {}
    for folder in (config_folder(), local_folder()):
        if folder is not None:
            files |= {path.stem: path for path in (folder / group).glob("*.yaml")}
    return dict(sorted(files.items()))
