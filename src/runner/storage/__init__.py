"""The content-addressed cache: keys, formats, parts of feature tables, and writing whole or not at all."""
