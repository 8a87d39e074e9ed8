"""Passages for programs that answer questions: pieces of articles, each with where it stands and why it was found."""
