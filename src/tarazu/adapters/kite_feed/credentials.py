"""Who we are to Kite, shared by the connections: replaced while they run, and known to be refused when it is."""

from urllib.parse import urlencode


class Credentials:
    """An API key and today's access token. Neither appears in any event, log or repr."""

    def __init__(self, api_key: str, access_token: str) -> None:
        self.version = 1
        """Rises with every token, so that a link knows whether it was made with the present one."""
        self._api_key = api_key
        self._access_token = access_token
        self._secrets = {access_token}
        self._refused_version = 0

    @property
    def lost(self) -> bool:
        """The present token was refused, and has not been accepted since."""
        return self._refused_version == self.version

    def replace(self, access_token: str) -> None:
        self._access_token = access_token
        self._secrets.add(access_token)
        self.version += 1

    def refused(self, version: int) -> None:
        self._refused_version = max(self._refused_version, version)

    def accepted(self, version: int) -> None:
        if self._refused_version == version:
            self._refused_version = 0

    def conceal(self, text: str) -> str:
        """`text` without any token there has been: a server or a proxy may echo what it was asked."""
        for secret in self._secrets:
            text = text.replace(secret, "***") if secret else text
        return text

    def url(self, root: str) -> str:
        return f"{root}/?{urlencode({'api_key': self._api_key, 'access_token': self._access_token})}"
