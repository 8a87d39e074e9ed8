"""Files of sources: which there are, and what they are called."""
