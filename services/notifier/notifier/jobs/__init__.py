"""What runs by itself: sending what is due, rescuing what was claimed by the dead."""
