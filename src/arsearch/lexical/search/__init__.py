"""Searching the columns: postings, evaluation on arrays, MaxScore, BM25, filters, the forward view, highlighting."""
