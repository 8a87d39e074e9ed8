"""Talking to a cluster: connections, bulk writes, commits behind an alias, the work list."""
