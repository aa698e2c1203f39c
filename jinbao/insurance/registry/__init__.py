"""Who: persons, employers, enrolments, bank accounts."""
