"""Many runs over a search space."""
