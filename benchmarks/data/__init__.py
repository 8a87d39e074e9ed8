"""The data for tests, benchmarks and training: where each set is published, and how it comes into shape."""
