"""How a merchant looks to payers: set, cleaned, told to the others."""

import base64
from datetime import timedelta
from typing import Any

import httpx
import orjson
import pytest
from tests.unit.merchant_admin.test_logos import SVG, png

from contracts.events.configuration import logo_of
from merchant_admin.domain.sessions import FRESH_FOR
from merchant_admin.flows.republishing import republish_all

from .conftest import PASSWORD, Admin
from .people import Person, marked
from .test_configuration import CREDENTIALS

HOSTILE = SVG.format('<script>alert(1)</script><path d="M1 1h2"/>').encode()
CLEAN = SVG.format('<path d="M1 1h2"></path>').encode()


def encoded(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


async def published_of(admin: Admin, key: str) -> dict[str, Any]:
    """What the other services heard last."""
    async with admin.deps.db.connection() as tx:
        row = await tx.fetchrow(
            "select payload from event_log where key = $1 order by id desc limit 1", key
        )
    assert row is not None
    entity: dict[str, Any] = orjson.loads(row["payload"])["data"]["entity"]
    return entity


async def published_keys(admin: Admin, merchant_id: str) -> list[str]:
    """Under what the merchant and its logo were published, oldest first."""
    async with admin.deps.db.connection() as tx:
        rows = await tx.fetch(
            "select key from event_log where key like $1 || '%' order by id", merchant_id
        )
    return [row["key"] for row in rows]


async def is_logo_gone(admin: Admin, merchant_id: str) -> bool:
    """Whether the last that readers have of it is a tombstone."""
    async with admin.deps.db.connection() as tx:
        payload = await tx.fetchval(
            "select payload from event_log where key = $1 order by id desc limit 1",
            logo_of(merchant_id),
        )
    return bool(payload == b"")


async def test_only_of_a_logo_that_there_is_or_was_is_something_published(admin: Admin) -> None:
    """A gateway of 0.1.0 takes each for a broken part of the configuration."""
    merchant_id = (await admin.post("/api/merchants", {"name": "幸福物业"}))["merchant_id"]
    path, logo = f"/api/merchants/{merchant_id}", logo_of(merchant_id)
    assert (await admin.http.patch(path, json={"colour": "#0b6b63"})).is_success
    await republish_all(admin.deps)
    assert await published_keys(admin, merchant_id) == [merchant_id] * 3

    assert (await admin.http.patch(path, json={"logo": encoded(CLEAN)})).is_success
    await republish_all(admin.deps)
    assert (await published_keys(admin, merchant_id))[3:] == [logo, merchant_id] * 2
    assert (await admin.http.patch(path, json={"logo": None})).is_success
    assert (await published_keys(admin, merchant_id))[7:] == [logo, merchant_id]
    assert await is_logo_gone(admin, merchant_id)
    assert (await admin.http.patch(path, json={"colour": None})).is_success
    await republish_all(admin.deps)
    assert (await published_keys(admin, merchant_id))[9:] == [merchant_id] * 2


async def test_a_look_is_set_cleaned_told_and_taken_away(admin: Admin) -> None:
    merchant = await admin.post("/api/merchants", {"name": "幸福物业管理有限公司"})
    path = f"/api/merchants/{merchant['merchant_id']}"
    asked = {"display_name": "幸福物业", "colour": "#0B6B63", "logo": encoded(HOSTILE)}
    changed = (await admin.http.patch(path, json=asked)).json()
    assert (changed["display_name"], changed["colour"]) == ("幸福物业", "#0b6b63")
    assert changed["has_logo"] is True
    answered = await published_of(admin, merchant["merchant_id"])
    apart = await published_of(admin, logo_of(merchant["merchant_id"]))
    assert apart["logo"] == {"media_type": "image/svg+xml", "content": encoded(CLEAN)}
    assert (answered["logo"], answered["version"]) == (None, apart["version"]), "it goes by itself"
    assert (answered["display_name"], answered["name"]) == ("幸福物业", "幸福物业管理有限公司")
    (entry, _) = await admin.audit(entity_id=merchant["merchant_id"])
    assert entry["after"]["logo"].startswith("picture:")

    nothing = {"display_name": None, "colour": None, "logo": None}
    removed = (await admin.http.patch(path, json=nothing)).json()
    assert removed["has_logo"] is False
    assert await is_logo_gone(admin, merchant["merchant_id"])


async def test_a_logo_of_full_size_is_taken(admin: Admin) -> None:
    merchant = await admin.post("/api/merchants", {"name": "幸福物业"})
    large = png() + b"\0" * (65_536 - len(png()))
    path = f"/api/merchants/{merchant['merchant_id']}"
    assert (await admin.http.patch(path, json={"logo": encoded(large)})).status_code == 200
    apart = await published_of(admin, logo_of(merchant["merchant_id"]))
    assert apart["logo"]["content"] == encoded(png())


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"logo": "§"}, "/logo"),
        ({"logo": encoded(b"GIF89a")}, "/logo"),
        ({"logo": encoded(b"\x89PNG\r\n\x1a\n" + b"x" * 65_536)}, "/logo"),
        ({"colour": "red"}, "/colour"),
        ({"colour": "#fff;}"}, "/colour"),
        ({"display_name": ""}, "/display_name"),
    ],
)
async def test_what_cannot_be_shown_is_refused_by_its_pointer(
    admin: Admin, changes: dict[str, str], pointer: str
) -> None:
    merchant = await admin.post("/api/merchants", {"name": "幸福物业"})
    path = f"/api/merchants/{merchant['merchant_id']}"
    answer = await admin.http.patch(path, json=changes)
    assert answer.status_code == httpx.codes.UNPROCESSABLE_ENTITY
    assert [each["pointer"] for each in answer.json()["errors"]] == [pointer]


async def test_payers_call_an_account_by_its_display_name(admin: Admin) -> None:
    merchant = await admin.post("/api/merchants", {"name": "幸福物业"})
    accounts = f"/api/merchants/{merchant['merchant_id']}/channel-accounts"
    account = {"channel": "wechat", "name": "收款一", "credentials": CREDENTIALS}
    made = await admin.post(accounts, account)
    assert made["display_name"] is None
    path = f"{accounts}/{made['payment_id']}"
    changed = (await admin.http.patch(path, json={"display_name": "微信／云闪付"})).json()
    assert changed["display_name"] == "微信／云闪付"
    assert (await published_of(admin, made["payment_id"]))["display_name"] == "微信／云闪付"


async def sent(
    person: Person, merchant_id: str, logo: bytes = b"", **fields: str
) -> httpx.Response:
    """The form of the page, as a browser sends it."""
    path = f"merchants/{merchant_id}/look"
    version = (await person.form_of(path, path))["version"]
    return await person.admin.anonymous.post(
        f"/console/merchants/{merchant_id}/look",
        data={"csrf": person.csrf, "version": version, **fields},
        files={"logo": ("logo.svg", logo, "image/svg+xml")},
        headers=person.headers,
    )


async def test_a_look_is_set_on_its_page(admin: Admin) -> None:
    merchant_id = (await admin.post("/api/merchants", {"name": "幸福物业"}))["merchant_id"]
    person, path = await Person.logged_in(admin), f"merchants/{merchant_id}"
    done = await sent(person, merchant_id, HOSTILE, display_name="幸福", colour="#07c160")
    assert done.headers["location"] == f"/console/{path}/look?done=look_saved"
    page = await person.open_page(f"{path}/look")
    assert 'value="幸福"' in page
    assert 'fill="#07c160"' in page
    shown = await person.get(f"{path}/logo")
    assert (shown.content, shown.headers["content-type"]) == (CLEAN, "image/svg+xml")
    assert shown.headers["content-security-policy"] == "default-src 'none'; sandbox"
    assert shown.headers["x-content-type-options"] == "nosniff"

    await sent(person, merchant_id, display_name="幸福", colour="#07c160")
    assert (await person.get(f"{path}/logo")).status_code == httpx.codes.OK
    await sent(person, merchant_id, display_name="", without_logo="true")
    assert (await person.get(f"{path}/logo")).status_code == httpx.codes.NOT_FOUND


async def test_whoever_changes_a_look_proves_again_who_they_are(admin: Admin) -> None:
    merchant_id = (await admin.post("/api/merchants", {"name": "幸福物业"}))["merchant_id"]
    account = {"channel": "wechat", "name": "收款一", "credentials": CREDENTIALS}
    made = await admin.post(f"/api/merchants/{merchant_id}/channel-accounts", account)
    person, look = await Person.logged_in(admin), f"merchants/{merchant_id}/look"
    admin.clock.ahead = FRESH_FOR + timedelta(seconds=1)
    late = await sent(person, merchant_id, display_name="幸福")
    assert (late.status_code, 'action="/console/reauthentication"' in late.text) == (401, True)
    action = f"{look}/accounts/{made['payment_id']}"
    between = await person.save(look, action, display_name="微信")
    assert (between.status_code, 'value="微信"' in between.text) == (401, True)
    proved = await person.save(look, action, display_name="微信", password_again=PASSWORD)
    assert proved.headers["location"] == f"/console/{look}?done=look_saved"
    assert (await sent(person, merchant_id, display_name="幸福")).status_code == 303


@pytest.mark.parametrize(
    ("logo", "fields", "words"),
    [
        (b"GIF89a", {}, "The logo cannot be used"),
        (b"\0" * 65_537, {}, "The logo cannot be used"),
        (CLEAN, {"colour": "red"}, "A colour looks like"),
        (CLEAN, {"display_name": "x" * 128}, "1 to 127 characters"),
    ],
)
async def test_what_cannot_be_shown_is_said_on_the_page(
    admin: Admin, logo: bytes, fields: dict[str, str], words: str
) -> None:
    merchant_id = (await admin.post("/api/merchants", {"name": "幸福物业"}))["merchant_id"]
    answer = await sent(await Person.logged_in(admin), merchant_id, logo, **fields)
    assert answer.status_code == httpx.codes.UNPROCESSABLE_ENTITY
    assert words in answer.text
    assert await published_keys(admin, merchant_id) == [merchant_id]


@pytest.mark.parametrize(
    "body", [b"", b"--x--", b'--x\r\nContent-Disposition: form-data; name="csrf"\r\n--x--\r\n']
)
async def test_what_is_no_form_changes_nothing(admin: Admin, body: bytes) -> None:
    merchant_id = (await admin.post("/api/merchants", {"name": "幸福物业"}))["merchant_id"]
    person = await Person.logged_in(admin)
    answer = await admin.anonymous.post(
        f"/console/merchants/{merchant_id}/look",
        content=body,
        headers={**person.headers, "Content-Type": "multipart/form-data; boundary=x"},
    )
    assert answer.status_code in (400, 401, 422)


async def test_an_account_is_named_on_the_page(admin: Admin) -> None:
    merchant_id = (await admin.post("/api/merchants", {"name": "幸福物业"}))["merchant_id"]
    account = {"channel": "wechat", "name": "收款一", "credentials": CREDENTIALS}
    made = await admin.post(f"/api/merchants/{merchant_id}/channel-accounts", account)
    person = await Person.logged_in(admin)
    path = f"merchants/{merchant_id}/look/accounts/{made['payment_id']}"
    page = f"merchants/{merchant_id}/look"
    await person.save(page, path, display_name="聚合支付")
    assert (await published_of(admin, made["payment_id"]))["display_name"] == "聚合支付"
    refused = await person.save(page, path, display_name="x" * 128)
    assert (refused.status_code, set(marked(refused.text))) == (422, {made["payment_id"]})
    assert 'value="' + "x" * 128 in refused.text
    await person.save(page, path, display_name="")
    assert (await published_of(admin, made["payment_id"]))["display_name"] is None
