"""Pages on which merchants, channel accounts and apps are registered and looked after."""
