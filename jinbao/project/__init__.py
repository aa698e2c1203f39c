"""Wiring: settings, urls, the jinbao command."""
