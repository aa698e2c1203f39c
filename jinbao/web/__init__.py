"""Faces: portal, counter, screen, api."""
