"""Paid out: monthly batches, bank files, returned payments."""
