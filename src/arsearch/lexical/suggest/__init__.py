"""Suggestions from the vocabulary: did-you-mean, transliteration, completion."""
