"""What is wrong with a credential, said to whoever entered it."""

from contracts.words import Words


class Fault(ValueError):
    """Its words follow the name of the field: "is …", and never show a value."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(en)
        self.words = Words(zh, en)
