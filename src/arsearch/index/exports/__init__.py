"""What is in an index, for programs that read tables: articles, and passages with their vectors."""
