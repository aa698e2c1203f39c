"""Questions put to the data again and again, and what came of them."""
