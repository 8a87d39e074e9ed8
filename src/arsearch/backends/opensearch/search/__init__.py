"""Asking a cluster for candidates, and computing from them what a local index computes."""
