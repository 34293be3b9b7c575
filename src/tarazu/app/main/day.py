"""The day's journal opened, and the engine as it left it. Blocking; for a thread."""

from collections.abc import Sequence

import msgspec

from tarazu import reference
from tarazu.adapters.signing import key_of, verifiers_of
from tarazu.app.audit import journal_name
from tarazu.app.depth_ws.market_day import RULES
from tarazu.app.home import Home
from tarazu.app.main.past import Anchor, Past, before
from tarazu.app.main.prepare import Prepared
from tarazu.app.settings import EngineSettings, PilotSettings, RiskSettings
from tarazu.engine.config import EngineConfig, Pilot, StartLimits
from tarazu.engine.halts import Halt
from tarazu.engine.messages import DeskNoted
from tarazu.engine.process import Engine
from tarazu.engine.strategies import MakeStrategies
from tarazu.model.units import PAISE, SECOND_NS
from tarazu.risk.flags import Flags
from tarazu.risk.limits import RiskLimits
from tarazu.risk.margin_rules import MarginRules
from tarazu.runtime.journal_reader import JournalReader
from tarazu.runtime.journal_state import JournalSettings, Mode
from tarazu.runtime.journal_writer import Journal
from tarazu.runtime.shell import recover


class Opened(msgspec.Struct, frozen=True, kw_only=True):
    journal: Journal
    engine: Engine
    last_ns: int
    """Steady time of the last entry; 0: the day has none."""
    anchor: Anchor | None
    """Of the day's last start before this one."""
    halt: Halt | None
    """To begin with: one of this day or the day before, or for a failure."""
    strategy_halts: dict[str, Halt]
    """Likewise, by strategy."""
    entries_off: str
    """Who had switched entries off, and why; empty: nobody."""
    flags: Flags
    """Those that were kept to last."""
    noted: DeskNoted | None
    """How far the desk's record was read; None: not at all."""
    heard_to: int
    """The last feed-log frame whose messages were taken."""


def open_day(home: Home, settings: EngineSettings, prepared: Prepared, make: MakeStrategies) -> Opened:
    """Raises SecondWriter, JournalDamaged, BadEpochFile, BadKeyFile, BadNote, BrokenChain, BadPayload, OSError; a bug
    of the engine as what it is."""
    signer = key_of(home.keys, journal_name(home))
    journal = Journal.open(
        home.journal,
        prepared.day,
        journal_name(home),
        JournalSettings(durability=Mode(settings.durability)),
        signer=signer,
        verifiers=verifiers_of(home.keys),
    )
    try:
        engine, past = Engine(prepared.instruments, reference.charge_rates(), make_strategies=make), Past()
        last_ns = recover(engine, past.passing(JournalReader(journal.folder).ready()))
        carried = past if past.anchor is not None else past.after(before(home.journal, prepared.day))
        return Opened(
            journal=journal,
            engine=engine,
            last_ns=last_ns,
            anchor=past.anchor,
            halt=carried.halt,
            strategy_halts=carried.strategy_halts,
            entries_off=carried.entries_off,
            flags=carried.flags,
            noted=past.noted or (carried if past.anchor is None else before(home.journal, prepared.day)).noted,
            heard_to=past.sequence,
        )
    except BaseException:
        journal.close()
        raise


def config_of(settings: EngineSettings) -> EngineConfig:
    pilot = _pilot(settings.pilot)
    return EngineConfig(
        qty_max=settings.position_limits,
        qty_max_default=settings.position_limit_default,
        stop_required=settings.stop_required,
        settle_ns=round(settings.settle_s * SECOND_NS),
        risk=limits_of(settings.risk),
        starts=StartLimits(),
        approvals=settings.approvals,
        approval_ns=round(settings.approval_s * SECOND_NS),
        pilot=pilot if settings.pilot.on else None,
        pilot_as=pilot,
    )


_RUPEES = ("order_value", "gross_premium", "unexecuted_value", "scenario_loss", "delta", "vega", "day_loss", "drawdown")
_SECONDS = ("reference_age", "duplicate", "margin_age", "pnl_unknown", "trouble", "round_trips", "runaway")
_AS_SAID = (
    "order_qty_max", "round_trips_max", "collar_bps", "spread_bps_max", "jump_bps_max", "margin_buffer_bps",
    "rejects_max", "order_to_trade_max", "runaway_wants_max",
)  # fmt: skip


def limits_of(risk: RiskSettings) -> RiskLimits:
    """In paise and nanoseconds; what is not said keeps its default, which for money and sizes is none. The margin
    rates are those of the day's rules."""
    said = {f"{name}_max_paise": (f"{name}_max", PAISE) for name in _RUPEES}
    said |= {f"{name}_ns": (f"{name}_s", SECOND_NS) for name in _SECONDS}
    found = {to: round(value * unit) for to, (of, unit) in said.items() if (value := getattr(risk, of)) is not None}
    found |= {name: value for name in _AS_SAID if (value := getattr(risk, name)) is not None}
    return RiskLimits(**found, margins=MarginRules.of(reference.rules(RULES)))


def _pilot(pilot: PilotSettings) -> Pilot:
    return Pilot(
        keys=pilot.keys,
        lots_max=pilot.lots_max,
        order_value_max_paise=round(pilot.order_value_max * PAISE),
        day_loss_max_paise=round(pilot.day_loss_max * PAISE),
    )


def followed(prepared: Prepared) -> Sequence[int]:
    return [int(instrument.instrument_token) for instrument in prepared.watched]
