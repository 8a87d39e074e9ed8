"""Retrievers for the frameworks that people build on: one module each, which needs that framework alone.

Each takes what can be asked for passages: an opened index (``arsearch.open_index``) or the client of a server
(``arsearch.client.Client``).
"""
