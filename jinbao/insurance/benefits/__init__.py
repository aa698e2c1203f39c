"""Owed: determinations and awards."""
