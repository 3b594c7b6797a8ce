"""Which columns of a table look into the future: tests on values alone, without an experiment."""
