"""One module a format. Adding a format is adding a file here: see ``arsearch.corpus.detect_format.Reader``."""
