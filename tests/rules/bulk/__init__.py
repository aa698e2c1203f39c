"""The bulk reading of the law."""
