"""Social security card: not built yet; the room is reserved."""
