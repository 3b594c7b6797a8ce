"""The stages of an experiment, in the order in which data flows."""
