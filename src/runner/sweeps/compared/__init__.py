"""Trials of sweeps, and runs of their own, side by side."""
