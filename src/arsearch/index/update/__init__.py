"""From sources to what a commit is made of: plan, ingest, preprocess, near-duplicates, calibration."""
