"""Fund statements and statistics, each figure walkable to its rows."""
