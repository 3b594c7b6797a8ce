"""Many runs over a search space, each a trial; one run is `runner.run`. Start at sweep.py."""
