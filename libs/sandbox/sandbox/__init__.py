"""The third parties in one process, speaking their real wire protocols."""
