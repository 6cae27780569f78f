"""Every call of the public API, as what is to be sent; both clients offer them by these names."""
