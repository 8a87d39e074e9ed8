"""The article store of a generation: written, read, exported, and read in its older versions."""
