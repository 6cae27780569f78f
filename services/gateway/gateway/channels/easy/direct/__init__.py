"""易生 易企通 2.0: the direct API, whose codes and calls our own page shows.

What its documents print is followed to the letter. Where they are silent, the names are those of
易企通 1.0 of the same company, and each module says which: `payerId`, `wxSubAppid`, `wxWcPayData`
and `timeEnd`. Its orders have no life of their own, cannot be closed, and take no payment codes.
"""
