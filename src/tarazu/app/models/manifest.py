"""What a version of a model says of itself: what it was made from, how it did, and who has signed that.

The file beside the model, `<sha256>.manifest.json`, is one JSON object: `manifest`, exactly as it was signed, the
`key` it was signed with, and the Ed25519 `signature` in base64. A manifest that was altered is known by it; one that
is of another model, by the hash it names.
"""

import base64
import binascii
from collections.abc import Sequence

import msgspec

from tarazu.adapters.signing import Ed25519Signer, Ed25519Verifier

SCHEMA = "tarazu.model_manifest/1"
_SIGNED_AS = SCHEMA.encode() + b"\n"
"""Before what is signed: no signature of this key under something else is one of a manifest."""


class Bins(msgspec.Struct, frozen=True, kw_only=True):
    """How one number was spread when the model was trained (`app.models.drift`)."""

    edges: tuple[float, ...]
    """Ascending; a value belongs to the first bin whose edge is not below it, beyond all of them to the last."""
    shares: tuple[float, ...]
    """Of the values, one more than edges; they add up to 1."""


class Judged(msgspec.Struct, frozen=True, kw_only=True):
    """One way to decide, on the rows that no training has seen. Net of charges, whole paise."""

    net_paise: int
    trades: int
    log_loss: float | None = None
    """None: it gives no probability."""
    days: int = 0


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """What a trainer knows; the registry adds whose it is (`registry.register`)."""

    data: dict[str, str] = {}
    """SHA-256 of what it was trained on, by name: a day, a file."""
    code: str = ""
    """The build that trained it (`app.main.build`)."""
    params: dict[str, float | int | str | bool] = {}
    metrics: dict[str, float] = {}
    """Out of sample; names say the unit."""
    out_of_sample: Judged | None = None
    """Of this model."""
    baseline: Judged | None = None
    """Of the same rows without a model."""
    against: dict[str, Judged] = {}
    """Of the same rows by other versions of the family, by their SHA-256: by the active one at least."""
    spread: dict[str, Bins] = {}
    """Of each feature by name, and of `score`, in training."""
    drift_psi: float | None = None
    """The largest PSI of a feature from training to the rows out of sample."""
    about: str = ""
    """For people."""
    schema: str = SCHEMA
    family: str = ""
    """Set by the registry from here on."""
    sha256: str = ""
    made_ns: int = 0
    """When it was registered, UTC of the profile's clock."""
    who: str = ""


class _Signed(msgspec.Struct, frozen=True, kw_only=True):
    manifest: msgspec.Raw
    key: str
    """The verifier key, `name+id+base64`."""
    signature: str


class BadManifest(ValueError):
    """It does not read, is of another model, or nobody whom we know has signed it; the message says which."""


def signed(manifest: Manifest, signer: Ed25519Signer) -> bytes:
    """The file."""
    text = msgspec.json.encode(manifest)
    signature = base64.b64encode(signer.sign(_SIGNED_AS + text)).decode()
    return msgspec.json.encode(_Signed(manifest=msgspec.Raw(text), key=signer.verifier_key, signature=signature))


def read_manifest(text: bytes, family: str, sha256: str, verifiers: Sequence[Ed25519Verifier]) -> Manifest:
    """Of that model, and signed by one of these keys. Raises BadManifest; without a key there is none to believe."""
    if not verifiers:
        raise BadManifest("this home has no verifier key to check its signature with: bring keys/journal.vkey back")
    try:
        whole = msgspec.json.decode(text, type=_Signed)
        signature = base64.b64decode(whole.signature, validate=True)
    except (msgspec.MsgspecError, UnicodeDecodeError, binascii.Error, ValueError) as bad:
        raise BadManifest(f"it does not read: {bad}") from bad
    body = bytes(whole.manifest)
    if not any(verifier.verify(_SIGNED_AS + body, signature) for verifier in verifiers):
        raise BadManifest("its signature is of no key of this home, or it was altered after it was signed")
    try:
        found = msgspec.json.decode(body, type=Manifest)
    except (msgspec.MsgspecError, UnicodeDecodeError) as bad:
        raise BadManifest(f"it does not read: {bad}") from bad
    if (found.schema, found.family, found.sha256) != (SCHEMA, family, sha256):
        raise BadManifest(f"it is of {found.family or 'no'} {found.sha256[:12]}, not of {family} {sha256[:12]}")
    return found
