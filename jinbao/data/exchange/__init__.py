"""What partner agencies were granted, and every signed call they made."""
