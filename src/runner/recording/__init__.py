"""What is written down of a run: its folder, its provenance, its trial in the ledger; results that can be computed
again are in `runner.storage`. Start at records.py and ledger.py.
"""
