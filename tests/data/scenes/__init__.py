"""Scenes of the data platform."""
