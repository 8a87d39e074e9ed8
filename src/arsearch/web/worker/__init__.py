"""The processes that answer requests, where gunicorn runs them."""
