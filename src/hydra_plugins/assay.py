"""The entry that Hydra needs: it accepts plugins from this namespace only."""

from pathlib import Path

from hydra.core.config_search_path import ConfigSearchPath
from hydra.plugins.search_path_plugin import SearchPathPlugin

from runner.places import config_folder, local_folder


class LocalConfigurations(SearchPathPlugin):
    """Lets the files of ./conf win over the shipped ones.

    Hydra loads plugins into every application of the environment: only ours is touched.
    """

    def manipulate_search_path(self, search_path: ConfigSearchPath) -> None:
        ours = any(
            part.provider == "main" and part.path == folder_url(config_folder())
            for part in search_path.get_path()
        )
        local = local_folder()
        if ours and local is not None:
            search_path.prepend(provider="local", path=folder_url(local), anchor="main")


def folder_url(folder: Path) -> str:
    return f"file://{folder}"
