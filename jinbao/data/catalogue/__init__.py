"""What data there is, whose it is, what it looks like, and where each column comes from."""
