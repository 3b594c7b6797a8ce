"""Where results lie, seen from the folder in which a command runs."""

from pathlib import Path

OUTPUTS = Path("outputs")
REGISTRY = OUTPUTS / "registry"
