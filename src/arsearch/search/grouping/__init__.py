"""Grouping the hits of a page."""
