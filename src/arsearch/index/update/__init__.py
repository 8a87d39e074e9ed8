"""From sources to what a generation is made of: plan, ingest, preprocess, near-duplicates, calibration."""
