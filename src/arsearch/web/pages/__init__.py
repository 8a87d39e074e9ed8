"""The pages for readers, and what their templates use."""
