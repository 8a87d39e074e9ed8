"""Stock Whoosh on the same columns: schema, codec, collector."""
