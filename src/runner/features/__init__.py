"""The verb `features`: what each feature of an experiment looks like, and what it knows, on training rows."""

from runner.features.cli import main

__all__ = ["main"]
