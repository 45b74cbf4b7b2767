"""Who is served, which centres are weak and why."""
