"""How long WeChat Pay lets texts be: it counts bytes of UTF-8, three for a Chinese character; and
how long what calls the payer lives.

Source: pay.weixin.qq.com/doc/v3/merchant/4012791877 (create), 4013071036 (refund), 4012524936
(split), 4012526995 (return)
"""

from datetime import timedelta
from typing import Final

DESCRIPTION_BYTES: Final = 127
REFUND_REASON_BYTES: Final = 80
SPLIT_DESCRIPTION_BYTES: Final = 80
RETURN_DESCRIPTION_BYTES: Final = 80

CODE_LIVES: Final = timedelta(hours=2)
"""`code_url` and `prepay_id`."""
