"""A manifest signed and judged: a C2SP signed note, as the journal's checkpoints are, over its length and its hash.

tarazu.local/live/backup     the origin, which is no day's: no checkpoint passes for this, nor this for one
18412                        bytes of the manifest
CsUYapGGPo4dkMgIAUqom/...    its SHA-256, base64

— tarazu.local/live Az3g...
"""

from collections.abc import Sequence
from hashlib import sha256

from tarazu.app.backup.refusal import Code, Refused
from tarazu.journal.checkpoint import BadNote, Checkpoint, Signer, Verifier, parse

_WHAT = "backup"
KEPT = "the verifier key that was kept elsewhere when the desk was set up: --key VKEY, or the file that holds it"


def note_of(manifest: bytes, signer: Signer) -> bytes:
    return Checkpoint(f"{signer.name}/{_WHAT}", len(manifest), sha256(manifest).digest()).signed(signer).note


def judged(manifest: bytes, note: bytes, verifiers: Sequence[Verifier]) -> Verifier | Refused:
    """Whose it is, of the keys given. Nothing of a manifest is read before this."""
    try:
        point = parse(note)
    except BadNote as bad:
        return Refused(Code.UNSIGNED, f"it has no signature that reads: {bad}")
    if not verifiers:
        return Refused(Code.NO_KEY, f"signed by {_names(point)}, and there is no key here to judge that by", KEPT)
    known = {(v.name, v.key_id): v for v in verifiers}
    ours = [known[key] for s in point.signatures if (key := (s.name, s.key_id)) in known]
    if not ours:
        names = ", ".join(f"{v.name}+{v.key_id.hex()}" for v in verifiers)
        return Refused(Code.UNKNOWN_KEY, f"signed by {_names(point)}, not by {names}", KEPT)
    if not point.is_signed_by(verifiers):
        return Refused(Code.BAD_SIGNATURE, f"not what {ours[0].name}+{ours[0].key_id.hex()} has signed")
    is_this = (point.size, point.root) == (len(manifest), sha256(manifest).digest())
    if not is_this or point.origin != f"{ours[0].name}/{_WHAT}":
        return Refused(Code.BAD_SIGNATURE, f"{ours[0].name} has signed something else: {point.origin}")
    return ours[0]


def _names(point: Checkpoint) -> str:
    return ", ".join(f"{s.name}+{s.key_id.hex()}" for s in point.signatures)
