"""What came of trying credentials out, in people's words, where no plugin says more."""

from collections.abc import Mapping
from typing import Final

from contracts.words import Words
from gateway.channels.plugin import Trial

WORKS: Final = Words(
    "连接正常：渠道接受了我们的签名，并回答没有这笔交易，正如预期。",
    "It works: the channel took our signature and answered that there is no such payment, as it "
    "should.",
)
REFUSED: Final = Words(
    "渠道拒绝了请求，且没有说明是哪一项不对；请对照渠道的原话核对各项。",
    "The channel refused without saying which of these is wrong; check them against its own words.",
)
_OURS: Final[Mapping[str, Words]] = {
    "unverifiable": Words(
        "渠道已应答，但用所填的渠道公钥（或证书）验签不通过：多半填成了自己的公钥，"
        "或另一个商户、另一套环境的公钥。",
        "The channel answered, but its signature does not fit the channel's key as entered: "
        "probably one's own public key, or that of another merchant or environment.",
    ),
    "unreadable": Words(
        "渠道的应答无法读懂：请核对接口地址是否属于这个渠道。",
        "The answer makes no sense: check that the address is this channel's.",
    ),
    "not_reached": Words(
        "连不上渠道：请核对接口地址，或稍后再试。密钥尚未被检验。",
        "The channel cannot be reached: check the address, or try later. The keys were not tried.",
    ),
    "no_answer": Words(
        "渠道没有按时应答，请稍后再试。密钥尚未被检验。",
        "The channel did not answer in time; try later. The keys were not tried.",
    ),
    "circuit_open": Words(
        "渠道最近多次没有应答，暂停片刻，请稍后再试。",
        "The channel has not answered for a while; try again in a minute.",
    ),
    "busy": Words(
        "这个渠道账户正忙，请稍后再试。", "This account is busy just now; try again in a moment."
    ),
    "inexpressible": Words(
        "所填内容无法组成渠道的请求，请核对各项。",
        "No request for the channel can be made of these; check them.",
    ),
}


def words_of(trial: Trial) -> Words:
    """The plugin's own, where it knows more than the code says."""
    return trial.words or (WORKS if trial.ok else _OURS.get(trial.code, REFUSED))
