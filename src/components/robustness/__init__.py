"""Scenarios: the same run in a worse or other world."""
