"""The laws, a file a slot; a function under `@law` is one."""
