"""The road of a query: read it, retrieve candidates, rank them, present the hits."""
