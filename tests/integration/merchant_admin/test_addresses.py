"""Where an app's callbacks go is checked by the notifier before it is registered."""

from typing import Any

from chassis.problems import FieldError, InvalidRequest, Overloaded

from .conftest import Admin
from .test_configuration import app, merchant, pointers

CHECK = "/internal/callback-addresses/check"
URL = "https://10.0.0.1/callback"
REFUSED = InvalidRequest("no", errors=[FieldError("/url", "callbacks may not go to 10.0.0.1")])


async def test_address_that_callbacks_may_not_go_to_is_pointed_at(admin: Admin) -> None:
    admin.notifier.answers[CHECK] = REFUSED
    merchant_id = await merchant(admin)
    body = {"name": "x", "merchant_ids": [merchant_id], "notify_url": URL}

    refused = await admin.http.post("/api/apps", json=body)
    created = await app(admin)
    path = f"/api/apps/{created['app_id']}"
    changed = await admin.http.patch(path, json={"notify_url": URL})
    removed = await admin.http.patch(path, json={"notify_url": None, "name": "y"})

    for answer in (refused, changed):
        assert (answer.status_code, pointers(answer.json())) == (422, ["/notify_url"])
        assert "10.0.0.1" in answer.json()["errors"][0]["message"]
    assert removed.status_code == 200
    asked: list[Any] = [given for _, path, given in admin.notifier.calls if path == CHECK]
    assert asked == [{"url": URL}, {"url": URL}]


async def test_address_is_taken_while_nobody_can_check_it(admin: Admin) -> None:
    admin.notifier.answers[CHECK] = Overloaded("away")
    assert (await app(admin, notify_url=URL))["notify_url"] == URL
