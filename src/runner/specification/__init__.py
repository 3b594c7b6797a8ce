"""What an experiment is, as values only."""
