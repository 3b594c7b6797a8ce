"""Bounds that any portfolio's weights are kept within, and what gave way where they could not be met; what is
wanted is decided in `components.portfolio`. Start at bounds.py.
"""
