"""The flags' folder, followed: another version that is active is told to the engine, once, within a second.

Flags that cannot be read are trouble of `FLAGS`: no entries until a person has mended them. So is a folder that is
gone where the engine keeps to a version: everything on is not what anybody has said. So is a pointer that the desk's
record does not account for: every command writes it down before it moves the pointer.
"""

from tarazu.app.depth_ws.seen_file import SeenFile
from tarazu.app.flags.recorded import last_recorded
from tarazu.app.flags.store import active_flags
from tarazu.app.flags.versions import ACTIVE, BadFlags, path_of, read_pointer
from tarazu.app.home import Home
from tarazu.engine.messages import FlagsSet, Message, RecordTrouble
from tarazu.risk.flags import Flags
from tarazu.runtime.desk_record import BadDeskRecord

OF = "FLAGS"
MEND = "tarazu flags list shows what is wrong; tarazu flags rollback --to VERSION makes another one active"


class FlagsWatch:
    """`look` reads what is active; nothing is opened while neither pointer nor version is another file."""

    def __init__(self, home: Home) -> None:
        self._folder, self._desk = home.flags, home.desk
        self._seen: list[SeenFile] = []
        self._trouble = ""

    def look(self, told: Flags) -> list[Message]:
        """Another version than the engine was `told`; trouble that begins or is over. Raises nothing."""
        try:
            if self._seen and not self._trouble and not any(file.changed() for file in self._seen):
                return []
            active = self._read(told)
        except (BadFlags, BadDeskRecord, OSError) as bad:
            return self._told(f"{bad}; {MEND}")
        return [*self._told(""), *([FlagsSet(flags=active)] if active != told else [])]

    def _read(self, told: Flags) -> Flags:
        """Looked at before it is read: what is replaced in between is read again. Raises BadFlags, BadDeskRecord,
        OSError."""
        self._seen = [SeenFile(self._folder / ACTIVE)]
        pointer = read_pointer(self._folder)
        if pointer is None and told.version:
            raise BadFlags(f"{self._folder} holds no flags, and version {told.version} is kept to: they are gone")
        if pointer is not None and pointer.version:
            self._seen.append(SeenFile(path_of(self._folder, pointer.version, pointer.sha256)))
        active = active_flags(self._folder).flags
        if pointer is not None:
            self._by_the_record(active)
        return active

    def _by_the_record(self, active: Flags) -> None:
        """Raises BadFlags, BadDeskRecord, OSError."""
        said = last_recorded(self._desk)
        version, sha256 = (said.version, said.sha256) if said is not None else (0, "")
        if (version, sha256) != (active.version, active.sha256):
            told = f"version {active.version} is active, and by the desk's record it is version {version}"
            raise BadFlags(f"{self._folder / ACTIVE}: {told}")

    def _told(self, trouble: str) -> list[Message]:
        if trouble == self._trouble:
            return []
        self._trouble = trouble
        return [RecordTrouble(of=OF, ok=not trouble, text=trouble)]
