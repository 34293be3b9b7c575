"""A version held against its gates: its manifest, and what the journal lets it be asked."""

from typing import NamedTuple

from tarazu.app.data.steps import steps
from tarazu.app.home import Home
from tarazu.app.models.active import BadModels, models_of
from tarazu.app.models.judging.promotion import Evidence, evidence, gates
from tarazu.app.models.judging.scored_rows import Row, rows_of
from tarazu.app.models.manifest import BadManifest
from tarazu.app.models.registry import manifest_of
from tarazu.app.models.versions import BadVersion
from tarazu.app.settings import ModelSettings
from tarazu.app.verdict import Check
from tarazu.app.watching.entries import Damaged
from tarazu.engine.codec import BadPayload


class Judgement(NamedTuple):
    evidence: Evidence
    gates: tuple[Check, ...]


def judged(home: Home, family: str, sha256: str, active: str, settings: ModelSettings) -> Judgement:
    """Against `active`, empty for none. Raises BadVersion, OSError; a journal that does not read is told, and passes
    no gate."""
    try:
        manifest = manifest_of(home, family, sha256)
        model = models_of(home.models, {family: sha256})[family]
    except (BadManifest, BadModels) as bad:
        raise BadVersion(str(bad)) from bad
    rows, unread = list[Row](), ""
    try:
        with steps()("journal") as progress:
            rows = list(rows_of(home, model, progress))
    except (Damaged, BadPayload, OSError, ValueError) as bad:
        rows, unread = [], f"the journal does not read: {bad}; tarazu audit verify --all"
    found = evidence(manifest, active, rows, settings, unread)
    return Judgement(found, gates(found, settings))
