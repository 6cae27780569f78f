"""People at the console: logged in, with a browser that speaks English."""

import html
import re
from dataclasses import dataclass

import httpx

from .conftest import PASSWORD, USERNAME, Admin


@dataclass(frozen=True, slots=True)
class Person:
    """`await Person.logged_in(admin)`: the administrator, or another user."""

    admin: Admin
    headers: dict[str, str]
    csrf: str

    @classmethod
    async def logged_in(
        cls, admin: Admin, username: str = USERNAME, password: str = PASSWORD
    ) -> "Person":
        form = {"username": username, "password": password}
        answer = await admin.anonymous.post("/console/login", data=form)
        cookie = answer.headers["set-cookie"].partition(";")[0]
        headers = {"Cookie": cookie, "Accept-Language": "en"}
        page = await admin.anonymous.get("/console/payments", headers=headers)
        found = re.search(r'name="csrf" value="([0-9a-f]+)"', page.text)
        assert found is not None
        return cls(admin, headers, found.group(1))

    @classmethod
    async def hired(cls, admin: Admin, role: str) -> "Person":
        """A new user with this role, whose name is that of the role."""
        await admin.post("/api/users", {"username": role, "password": PASSWORD, "role": role})
        return await cls.logged_in(admin, role)

    async def get(self, path: str, **query: str) -> httpx.Response:
        return await self.admin.anonymous.get(
            f"/console/{path}", params=query, headers=self.headers
        )

    async def open_page(self, path: str, **query: str) -> str:
        """The page, which is there."""
        answer = await self.get(path, **query)
        assert answer.status_code == 200, answer.text
        return answer.text

    async def form_of(self, path: str, action: str) -> dict[str, str]:
        """What a browser sends of the form with this action, as this page shows it."""
        return fields_of(await self.open_page(path), action)

    async def save(self, path: str, action: str, **fields: str) -> httpx.Response:
        """The form of this page, with these fields filled in anew."""
        return await self.send(action, **{**await self.form_of(path, action), **fields})

    async def refused_page(self, path: str, **query: str) -> str:
        """The page that tells which of the filters is wrong."""
        answer = await self.get(path, **query)
        assert answer.status_code == 422, answer.text
        return answer.text

    async def send(self, path: str, csrf: str | None = None, **form: str) -> httpx.Response:
        return await self.admin.anonymous.post(
            f"/console/{path}",
            data={**form, "csrf": self.csrf if csrf is None else csrf},
            headers=self.headers,
        )


def badge_of(page: str, way: str) -> str:
    """What the menu says of how much waits there; empty for nothing."""
    found = re.search(
        rf'<a href="/console/{way}"[^>]*>[^<]*(?:<span class="count">([^<]+)</span>)?</a>', page
    )
    assert found is not None
    return found[1] or ""


def fields_of(page: str, action: str) -> dict[str, str]:
    found = re.search(rf'<form [^>]*action="/console/{action}"[^>]*>(.*?)</form>', page, re.S)
    assert found is not None
    fields = {}
    for tag in re.findall(r"<input [^>]*>", found[1]):
        name, value = (re.search(rf'{it}="([^"]*)"', tag) for it in ("name", "value"))
        if name and ('type="checkbox"' not in tag or " checked" in tag):
            fields[name[1]] = html.unescape(value[1]) if value else ""
    for name, inside in re.findall(
        r'<textarea [^>]*name="(\w+)"[^>]*>(.*?)</textarea>', found[1], re.S
    ):
        fields[name] = html.unescape(inside).removeprefix("\n")
    for name, inside in re.findall(
        r'<select [^>]*name="(\w+)"[^>]*>(.*?)</select>', found[1], re.S
    ):
        chosen = re.search(r'<option value="([^"]*)"[^>]* selected', inside)
        fields[name] = chosen[1] if chosen else ""
    fields.pop("csrf")
    return fields


def marked(page: str) -> dict[str, str]:
    """By the field that is marked as wrong, what is said beneath it."""
    found = re.findall(r'aria-describedby="wrong-([^ "]+)[^"]*" aria-invalid="true"', page)
    errors = dict(re.findall(r'<span class="wrong" id="wrong-([^"]+)">([^<]+)</span>', page))
    assert set(found) == set(errors)
    return errors


def is_login(location: str) -> bool:
    """Whether this leads to the login, and from there back."""
    return location.partition("?")[0] == "/console/login"
