"""Callbacks in Django: a view of the verified event.

@callback()
def called_back(request: HttpRequest, event: Event) -> None: ...
"""

from collections.abc import Callable, Sequence
from functools import wraps

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseNotAllowed

from paymesh.callbacks import ACCEPTED, MAX_BODY_BYTES, Verifier
from paymesh.errors import NotAuthentic
from paymesh.models.events import Event

Handler = Callable[[HttpRequest, Event], HttpResponseBase | None]
View = Callable[[HttpRequest], HttpResponseBase]


def callback(secret: str | Sequence[str] | Verifier | None = None) -> Callable[[Handler], View]:
    """A view that is called with the event; None is answered with 200. 401 where the callback is
    not the centre's. No CSRF token is asked for: the signature is better."""
    verifier = Verifier.of(secret)

    def decorate(handle: Handler) -> View:
        @wraps(handle)
        def view(request: HttpRequest) -> HttpResponseBase:
            if request.method != "POST":
                return HttpResponseNotAllowed(["POST"])
            try:
                body = request.body
            except RequestDataTooBig:
                return HttpResponse(status=413)
            if len(body) > MAX_BODY_BYTES:
                return HttpResponse(status=413)
            try:
                event = verifier.verify(request.headers, body)
            except NotAuthentic:
                return HttpResponse(status=401)
            answer = handle(request, event)
            return HttpResponse(ACCEPTED, "text/plain") if answer is None else answer

        setattr(view, "csrf_exempt", True)  # noqa: B010  # Django asks the function for it
        return view

    return decorate
