"""Who is insured, what was paid in, what is owed, what was paid out."""
