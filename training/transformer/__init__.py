"""How the transformer encoder that ships is made: ``python -m training.transformer``. See README.md one folder up."""
