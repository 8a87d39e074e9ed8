"""From a commit on this machine, or a work list, to documents of a cluster."""
