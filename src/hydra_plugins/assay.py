"""The entry that Hydra needs: it accepts plugins from this namespace only."""

from hydra.core.config_search_path import ConfigSearchPath
from hydra.plugins.search_path_plugin import SearchPathPlugin

from runner.composition.places import config_folder, local_folder

SCHEME = "file://"


class LocalConfigurations(SearchPathPlugin):
    """Lets the files of ./conf win over the shipped ones.

    Hydra loads plugins into every application of the environment: only ours is touched.
    """

    def manipulate_search_path(self, search_path: ConfigSearchPath) -> None:
        main = [part.path for part in search_path.get_path() if part.provider == "main"]
        local = local_folder()
        if str(config_folder()) in [str(path).removeprefix(SCHEME) for path in main] and local is not None:
            search_path.prepend(provider="local", path=f"{SCHEME}{local}", anchor="main")
