"""Every piece of work a person must decide: one work engine, one clock."""
