"""The article page: the text as its author arranged it, and pictures."""
