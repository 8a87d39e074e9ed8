"""The index on an OpenSearch cluster. Only this package knows opensearch-py, which it imports when it is chosen."""
