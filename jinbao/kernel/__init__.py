"""Values without Django: money, months, identifiers, regions, working days, errors, declared files."""
