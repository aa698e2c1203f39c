"""The information centre's own work."""
