"""Talking to a cluster: connections, bulk writes, generations behind an alias, the work list."""
