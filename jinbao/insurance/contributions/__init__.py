"""Paid in: declared, due, received, corrected."""
