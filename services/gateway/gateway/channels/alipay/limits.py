"""How long Alipay lets texts be; its documents count characters.

Source: opendocs.alipay.com/open/02ekfg (create), 02ekfk (refund), 02o6e1 (settle)
"""

from typing import Final

SUBJECT_CHARACTERS: Final = 256
REFUND_REASON_CHARACTERS: Final = 256
SPLIT_DESCRIPTION_CHARACTERS: Final = 1000
