"""What was sealed to an older key of a service, sealed to its newest."""

from chassis.problems import FieldError, InvalidRequest
from contracts.internal import SealAnew, SealedAnew
from contracts.sealing import CannotOpen, Opener


def seal_anew(opener: Opener, asked: SealAnew) -> SealedAnew:
    """Nobody gets a secret sealed to a key of their own: the caller names the key only to be told
    that it seals to another one.

    Raises InvalidRequest where it does.
    """
    if asked.public_key != opener.public_key:
        message = "is not the newest key of this service"
        raise InvalidRequest(
            f"The public key {message}.", errors=[FieldError("/public_key", message)]
        )
    return SealedAnew(texts=[_sealed_anew(opener, text, asked.context) for text in asked.texts])


def _sealed_anew(opener: Opener, text: str, context: str) -> str | None:
    try:
        return opener.seal_anew(text, context=context)
    except CannotOpen:
        return None
