"""What the seventeen units of the demonstration city deliver: its own people and others, with faults."""
