"""Callbacks in web frameworks; import the module of the one that is used.

A handler that returns has dealt with the event. One that raises has not: the centre sends it again.
"""
