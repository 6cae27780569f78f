"""易生 易企通 2.0: the direct API beside the hosted cashier, for the same merchants."""
