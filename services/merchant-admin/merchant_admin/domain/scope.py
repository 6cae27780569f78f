"""Whose data somebody sees and decides about: the whole centre's, or that of some merchants."""

from dataclasses import dataclass

from merchant_admin.domain.errors import NoSuch


@dataclass(frozen=True, slots=True)
class Scope:
    """None: all merchants, those to come too. What lies outside does not exist for its holder."""

    merchant_ids: frozenset[str] | None

    @property
    def is_all(self) -> bool:
        return self.merchant_ids is None

    @property
    def parameter(self) -> list[str] | None:
        """For `store.scope.within`."""
        return None if self.merchant_ids is None else sorted(self.merchant_ids)

    def has(self, merchant_id: str) -> bool:
        return self.merchant_ids is None or merchant_id in self.merchant_ids

    def covers(self, other: "Scope") -> bool:
        """Whether all of the other's data may be seen."""
        if self.merchant_ids is None:
            return True
        return other.merchant_ids is not None and other.merchant_ids <= self.merchant_ids

    def require(self, merchant_id: str, thing: str) -> None:
        """Raises NoSuch for a thing of another merchant."""
        if not self.has(merchant_id):
            raise NoSuch(thing)

    def shown_address(self, url: str) -> str:
        """What stands behind the `?` of an app's address is between the app and the centre: it may
        be what the app knows its callers by."""
        return url if self.is_all else url.partition("?")[0]

    def hidden_of(self, url: str) -> str:
        """What `shown_address` leaves out."""
        return url.removeprefix(self.shown_address(url))

    def one_of(self, merchant_id: str | None) -> str | None:
        """The merchant to ask another service about, which knows one at a time: the given one, or
        the first there is; None for all. Raises NoSuch for another merchant's."""
        if merchant_id is not None:
            self.require(merchant_id, "merchant")
            return merchant_id
        return None if self.merchant_ids is None else min(self.merchant_ids)


EVERYTHING = Scope(None)
