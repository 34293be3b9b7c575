"""One running `tarazu sim serve`, started as a stranger would start it, and the unmodified official client for it."""

import json
import subprocess
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from kiteconnect import KiteConnect


@dataclass
class Served:
    """One running simulated broker and what it printed about itself."""

    hello: dict[str, Any]
    process: subprocess.Popen[str]

    def __getitem__(self, name: str) -> Any:
        return self.hello[name]

    def client(self) -> KiteConnect:
        return KiteConnect(self["api_key"], access_token=self["access_token"], root=self["rest_url"])

    def admin(self, method: str, path: str, body: Any = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(
            self["admin_url"] + path, data=data, method=method, headers={"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.loads(answer.read() or b"null")

    def pass_time(self, seconds: float) -> None:
        """Move the virtual clock on, and wait until the broker is there."""
        self.admin("PUT", "/clock", {"advance_s": seconds})
        while self.admin("GET", "/status")["lag_s"] > 0.2:
            pass


Serve = Callable[..., Served]
