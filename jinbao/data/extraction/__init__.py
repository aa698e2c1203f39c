"""Requests for extracts: asked by an officer, worked on by a steward, approved, delivered, recorded."""
