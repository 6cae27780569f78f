"""What the gateway knows by heart, and how it learns it.

`entries` are apps, keys, merchants, channel accounts and counter codes; `configuration` reads
them from Kafka, `credentials` opens those of channel accounts.
"""

from gateway.directory.entries import (
    App,
    ChannelAccount,
    CounterCode,
    Directory,
    Entry,
    Key,
    Logo,
    Merchant,
)

__all__ = ["App", "ChannelAccount", "CounterCode", "Directory", "Entry", "Key", "Logo", "Merchant"]
