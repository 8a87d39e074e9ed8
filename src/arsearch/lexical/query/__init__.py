"""A query as typed, parsed, and as a Whoosh query on the fields of the index."""
