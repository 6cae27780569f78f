"""What our hosted page weighs, how many of it are served, and what it costs to watch many."""
