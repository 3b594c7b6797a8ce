"""Promotion: what passed its gates opens its vault, is fitted on everything and becomes a version in the registry.
The bundle's own files are in `runner.bundle`. Start at promote.py.
"""
