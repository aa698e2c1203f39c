"""The centre's own work at the counter: a unit's years, from figures to published documents."""
