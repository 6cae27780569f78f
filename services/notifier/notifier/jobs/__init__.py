"""What runs by itself: sending what is due, rescuing what was leased by the dead."""
