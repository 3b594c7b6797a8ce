"""Tables of strangers: what their columns mean, and how they are read; sources are in `components.data`. Start at
reading.py.
"""
