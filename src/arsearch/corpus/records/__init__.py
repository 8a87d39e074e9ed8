"""From a record as a format has it to an article: what is public, what stands for what, what is mended."""
