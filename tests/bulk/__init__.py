"""Runs over a lake of careers."""
