"""What the gateway knows by heart, and how it learns it.

`entries` are apps, keys, merchants and channel accounts; `configuration` reads them from Kafka,
`credentials` opens those of channel accounts.
"""

from gateway.directory.entries import App, ChannelAccount, Directory, Entry, Key, Merchant

__all__ = ["App", "ChannelAccount", "Directory", "Entry", "Key", "Merchant"]
