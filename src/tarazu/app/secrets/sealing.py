"""`.env` becomes `.env.age`: encrypted, read back, and only then the open one is removed."""

from pathlib import Path

from tarazu.app.home import Home
from tarazu.app.secrets.sealed import BadSecrets, opened, sealed
from tarazu.app.secrets.store import replace_file, sealed_file


def seal(home: Home) -> Path | None:
    """The sealed file; None where it is sealed already. Raises BadSecrets, OSError; then .env is as it was."""
    target = sealed_file(home)
    if target.exists() and not home.env_file.exists():
        return None
    if target.exists():
        raise BadSecrets(f"{home.env_file} and {target.name} are both there: two sources; remove one of them")
    text = home.env_file.read_bytes()
    content = sealed(target, text)
    if opened(target, content) != text:
        raise BadSecrets(f"{target} would not open again: nothing was changed")
    replace_file(target, content)
    home.env_file.unlink()
    return target
