"""A seventh channel, as docs/adding-a-channel.md tells how one is added: `acme` is its folder in
the gateway, `third_parties/acme` its folder in the sandbox, `acme_side` its other end in tests.

Nothing else knows its name: `test_newcomer.py` shows that it is there for everybody all the same.
"""
