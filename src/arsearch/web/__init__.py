"""Flask: pages for readers, an API for programs, and the server that runs them."""

MULTIPROCESS_VARIABLE = "PROMETHEUS_MULTIPROC_DIR"
"""The environment variable of prometheus_client that names the folder in which server processes add up their counts;
it must be set before that package is imported."""
