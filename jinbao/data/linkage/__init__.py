"""One person out of many sources, with a stable number."""
