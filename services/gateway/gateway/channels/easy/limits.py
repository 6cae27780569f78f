"""How long 易生 lets texts be. Its cashier's documents print no limit; that of the same company's
易企通 (`orderSub`) is taken, which is the smaller of all that are known.

Source: s.apifox.cn/9758ecc8 (trade/native)
"""

from typing import Final

SUBJECT_BYTES: Final = 127
