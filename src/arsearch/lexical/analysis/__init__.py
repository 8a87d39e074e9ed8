"""Texts to numbered words, in bulk: each distinct run of characters is analysed once."""
