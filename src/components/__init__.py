"""What an experiment is made of: pure computation on values, no I/O beyond reading data."""
