"""Writes that are acknowledged before they are indexed: a log on disk, and what applies it to the index."""
