"""A question, what is expected, and the searches that answer it: one YAML file is a study."""
