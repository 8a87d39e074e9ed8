"""The article store of a commit: written, read, exported, and read in its older versions."""
