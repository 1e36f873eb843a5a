"""A browser that runs no scripts: it reads pages, and sends the forms that stand on them."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from sebangsa.models import User
from tests.instances import Instance

CSRF = re.compile(r'name="csrf" value="([^"]+)"')


@dataclass
class FormBrowser:
    """A visitor's browser, or (`of`) that of somebody who is signed in. It keeps its cookies, and reads English."""

    instance: Instance
    cookies: dict[str, str] = field(default_factory=dict)

    @classmethod
    async def of(cls, instance: Instance, user: User) -> FormBrowser:
        return cls(instance, await instance.signed_in(user))

    async def get(self, path: str) -> tuple[int, str]:
        return await self._ask("GET", path)

    async def post(self, path: str, form_on: str = "", **fields: str) -> tuple[int, str]:
        """Send the form of the page `form_on` (of `path` itself); status, and where it leads or what it says."""
        _, text = await self.get(form_on or path)
        found = CSRF.search(text)
        assert found is not None, form_on or path
        return await self._ask("POST", path, data=fields | {"csrf": found[1]})

    async def _ask(self, method: str, path: str, **sent: object) -> tuple[int, str]:
        cookie = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        headers = {"accept": "text/html", "accept-language": "en", "cookie": cookie}
        async with self.instance.http.request(
            method, self.instance.url + path, headers=headers, allow_redirects=False, **sent
        ) as answer:
            self.cookies |= {name: morsel.value for name, morsel in answer.cookies.items()}
            return answer.status, answer.headers.get("location", "") or await answer.text()
