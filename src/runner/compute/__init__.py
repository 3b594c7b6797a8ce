"""The stages of an experiment, in the order in which data flows, and what makes their keys; nothing is judged or
written to a run folder. Start at pipeline.py.
"""
