"""The columns of a segment: built, inverted, merged, opened and checked."""
