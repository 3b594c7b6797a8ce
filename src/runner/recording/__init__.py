"""What is written down of a run: its folder, its provenance, its trial in the ledger."""
