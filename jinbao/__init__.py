"""Jinbao (金保): an open information platform for social-security centres."""
