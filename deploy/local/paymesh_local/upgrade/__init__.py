"""`make upgrade-test`: from the last release to this tree, service by service, under load."""
