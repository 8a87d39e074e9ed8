"""An index for language models, by the Model Context Protocol; only this package knows the SDK of that."""
