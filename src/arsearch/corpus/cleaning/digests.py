"""How long the digests are by which lines and texts are compared across an archive."""

__all__ = ["KEY_BYTES"]

KEY_BYTES = 8
