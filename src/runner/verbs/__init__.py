"""What `python -m runner VERB` does, where it is no part of a run."""
