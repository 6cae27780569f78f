"""易生 (easy), 云易收: the hosted cashier."""
