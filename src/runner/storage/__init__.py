"""The content-addressed store: bytes, formats, fingerprints of code, and writing whole or not at all; what a key is
made of is in `runner.compute.keys`. Start at store.py.
"""
