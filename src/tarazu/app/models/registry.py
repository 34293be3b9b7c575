"""New versions: checked, kept under their hash, written down in the desk's record, and signed for.

None is ever changed; the same bytes are the same one.

    version = register(home, "xgb", booster_json, Manifest(data=..., out_of_sample=...), who=person(), now_ns=now)
"""

import hashlib

import msgspec

from tarazu.adapters.signing import key_of, verifiers_of
from tarazu.app.audit import journal_name
from tarazu.app.home import Home
from tarazu.app.models.manifest import BadManifest, Manifest, read_manifest, signed
from tarazu.app.models.moving.trail import Act, body
from tarazu.app.models.versions import (
    BadVersion,
    is_family,
    manifest_file,
    model_bytes,
    model_file,
    refuse_strangers,
)
from tarazu.journal.checkpoint import BadNote
from tarazu.runtime.desk_record import DeskKind, append
from tarazu.runtime.whole import write_whole
from tarazu.strategy.calibration import BadModel


class Version(msgspec.Struct, frozen=True, kw_only=True):
    """One that is what its name says."""

    family: str
    sha256: str
    text: bytes
    manifest: Manifest | None
    """None: there is no believable one, and..."""
    unsigned: str = ""
    """...why."""

    @property
    def short(self) -> str:
        return self.sha256[:12]


def register(
    home: Home, family: str, text: bytes, manifest: Manifest, *, who: str, now_ns: int, name: str = "model.json"
) -> str:
    """Keep it and sign for it; its SHA-256. Registered again, it keeps its first manifest. `name`: of the file it is
    from. Raises BadModel, BadVersion, adapters.signing.BadKeyFile, runtime.desk_record.BadDeskRecord, OSError."""
    if not is_family(family):
        raise BadModel(f"{family!r} names no family: small letters, digits and _, a letter first")
    from tarazu.strategy.scored import read_model  # numba, which lists need not wait for

    refuse_strangers(name, text)
    read_model(text)
    sha256 = hashlib.sha256(text).hexdigest()
    home.models.mkdir(mode=0o700, parents=True, exist_ok=True)
    (home.models / family).mkdir(mode=0o700, exist_ok=True)
    if not model_file(home.models, family, sha256).exists():
        write_whole(model_file(home.models, family, sha256), text)
    known = version_of(home, family, sha256)
    if known.unsigned and manifest_file(home.models, family, sha256).exists():
        raise BadVersion(f"{family} {known.short} is there with a manifest that is not believed: {known.unsigned}")
    if known.manifest is None:
        whole = msgspec.structs.replace(manifest, family=family, sha256=sha256, made_ns=now_ns, who=who)
        signer = key_of(home.keys, journal_name(home))
        told = body(family, Act.REGISTER, "", sha256, whole.about)
        append(home.desk, DeskKind.MODEL, told, who=who, now_ns=now_ns)
        write_whole(manifest_file(home.models, family, sha256), signed(whole, signer))
    return sha256


def version_of(home: Home, family: str, sha256: str) -> Version:
    """Raises BadVersion where its bytes are gone or others, OSError."""
    text = model_bytes(home.models, family, sha256)
    try:
        return Version(family=family, sha256=sha256, text=text, manifest=manifest_of(home, family, sha256))
    except BadManifest as bad:
        return Version(family=family, sha256=sha256, text=text, manifest=None, unsigned=str(bad))


def manifest_of(home: Home, family: str, sha256: str) -> Manifest:
    """Raises BadManifest, OSError."""
    path = manifest_file(home.models, family, sha256)
    try:
        text = path.read_bytes()
    except FileNotFoundError as none:
        raise BadManifest(f"there is no {path}: nobody has signed for this version") from none
    try:
        verifiers = verifiers_of(home.keys)
    except BadNote as bad:
        raise BadManifest(f"the verifier key does not read: {bad}") from bad
    return read_manifest(text, family, sha256, verifiers)


def readable(version: Version) -> str:
    """Why the program cannot decide by it; empty where it can."""
    from tarazu.strategy.scored import read_model

    try:
        refuse_strangers(f"{version.sha256}.json", version.text)
        read_model(version.text)
    except BadModel as bad:
        return str(bad)
    return ""
