"""A desk of paper with a market: the real shell and journal, the real feed log, and a strategy that trades on it.

    with MarketDay(home) as day:
        day.begin().turns(0, 60)

`look` is what `main` does when its doorbell rings: the frames there are, then `MarketMoved`. Every order the engine
sends works and fills at once. Another `MarketDay` on the same home, in whatever process, goes on with the day.
"""

from collections.abc import Sequence
from typing import Any

import msgspec
import numpy as np

from harness.engine_desk import NIFTY_CALL
from harness.journalled_desk import JournalledDesk
from harness.limits import WIDE
from harness.market_rows import row
from harness.order_story import DAY
from tarazu.app.home import Home
from tarazu.app.main.build import build
from tarazu.app.main.strategies import Strategies
from tarazu.app.masters.listed import listed
from tarazu.app.masters.store import MasterStore
from tarazu.app.settings import StrategySettings
from tarazu.engine import messages as m
from tarazu.engine.config import EngineConfig
from tarazu.engine.phase import Phase
from tarazu.market.state_quotes import StateQuotes
from tarazu.model.execution import Fill
from tarazu.model.ids import InstrumentToken, TradingSymbol
from tarazu.model.instrument import Instrument
from tarazu.model.instrument import Kind as InstrumentKind
from tarazu.model.units import SECOND_NS
from tarazu.orders.report import OrderReport
from tarazu.portfolio.breaks import BrokerPosition
from tarazu.runtime.feed_log import FeedLog
from tarazu.runtime.journal_reader import JournalReader
from tarazu.runtime.market_follower import MarketFollower
from tarazu.runtime.segment import Kind
from tarazu.runtime.shell import recover
from tarazu.wire.kite_instruments import InstrumentMaster, decode_csv, encode_csv
from tarazu.wire.kite_ticks import Mode, encode

KEY, LOT, EVERY = NIFTY_CALL.key, 75, 3


def taker(**params: int) -> StrategySettings:
    return StrategySettings(
        factory="harness.market_taker:make", params={"key": KEY, "every": EVERY, "lot": LOT, **params}
    )


TAKER = taker()
CONFIG = EngineConfig(qty_max={KEY: 300}, stop_required=False, settle_ns=0, risk=WIDE)
FEED_SEGMENT = 1 << 16
PATIENCE_S = 300
"""Of the engine's time. What was in the air when a process was killed is looked for at length."""


class MarketDay(JournalledDesk):
    def __init__(self, home: Home, strategy: StrategySettings | None = TAKER, **told: Any) -> None:
        """`told` goes into `Started`."""
        instruments, sha256 = _master(home)
        self._watched = instruments
        self._told = {"build": build(), "master_sha256": sha256, "watch": tuple(_tokens(instruments)), **told}
        strategies = () if strategy is None else (strategy,)
        write_settings(home, *strategies)
        self.log = FeedLog.open(home.feed, DAY, segment_bytes=FEED_SEGMENT)
        self.follower = MarketFollower(self.log.folder, list(self._told["watch"]))
        self.market = StateQuotes(self.follower.state, {int(i.instrument_token): i.key for i in instruments})
        super().__init__(home, CONFIG, instruments, Strategies(strategies))
        self.engine.quotes = self.market
        self._paper = home.root / "paper_broker.json"
        self._served = 0

    def begin(self) -> "MarketDay":
        """A start on what the journal holds, up to ACTIVE."""
        last_ns = recover(self.engine, JournalReader(self.folder).ready())
        self.now_ns = self.wall_ns = max(self.now_ns, last_ns) + SECOND_NS
        if self._paper.exists():
            paper = msgspec.json.decode(self._paper.read_bytes(), type=_Paper)
            self.book, self.trades, self.positions = paper.book, paper.trades, paper.positions
        self.start()
        self.tell(m.BandsRead(bands=tuple(m.Band(key=k, low_paise=5, high_paise=10_000_000) for k in self.instruments)))
        self.tell(m.FeedMoved(feed="options", fresh=True, required=True))
        for _ in range(PATIENCE_S):
            self.second()
            self.reads()
            if self.engine.state.phase is Phase.ACTIVE:
                return self
        raise AssertionError(self.engine.state.phase_why)

    def turns(self, first: int, last: int) -> "MarketDay":
        """The market moves so often, is looked at every other time, and every fourth a second has passed."""
        for n in range(first, last):
            self.tick(n)
            if n % 2:
                self.look()
            if n % 4 == 0:
                self.second()
                self.reads()
        return self

    def start(self, **told: Any) -> Any:
        return super().start(**{**self._told, **told})

    def restarted(self, after_s: float = 1.0, **told: Any) -> "MarketDay":
        raise NotImplementedError("another MarketDay on the same home is another process")

    def tick(self, n: int) -> int:
        """The market moves: one frame; its sequence. What is traded pauses now and then, the other never."""
        price = 10_000 + 5 * (n * 7 % 40)
        told = {"ltp": price, "volume": n + 1, "exchange_ts": self.wall_ns // SECOND_NS}
        moving = [i for i in self._watched if i.key != KEY or n // 2 % 5 != 1]
        rows = [row(i.instrument_token, **told, bids=[(price - 5, 750)], asks=[(price + 5, 750)]) for i in moving]
        self.now_ns += SECOND_NS // 4
        self.wall_ns += SECOND_NS // 4
        return self.log.append(Kind.BINARY, 0, encode(np.concatenate(rows), Mode.FULL), self.wall_ns, self.now_ns)

    def look(self) -> None:
        """Take the market as it is now, and let the broker do what it is asked."""
        self.follower.follow_ready()
        self.market.moved(self.follower.changed)
        self.tell(m.MarketMoved(sequence=self.follower.sequence, wall_ns=self.follower.wall_ns))
        self.serve()

    def serve(self) -> None:
        for send in self.sent[self._served :]:
            self._served += 1
            number = str(len(self.book) + 1)
            self.answer(send.ref, number)
            order = send.order
            self.heard(number, "WORKING", tag=order.tag, side=order.side, qty=order.qty, price_paise=order.price_paise)
            self.filled(number, order.qty, order.price_paise or 0)

    def row(self, order_id: str, word: str, filled: int = 0, **changes: Any) -> None:
        super().row(order_id, word, filled, **changes)
        self._save()

    def trade(self, order_id: str, qty: int, price_paise: int = 10_000, exec_id: str = "") -> None:
        super().trade(order_id, qty, price_paise, exec_id)
        self._save()

    def close(self) -> None:
        super().close()
        self.log.close()
        self.follower.close()

    def _save(self) -> None:
        """The broker's books outlive us."""
        beside = self._paper.with_suffix(".new")
        beside.write_bytes(msgspec.json.encode(_Paper(self.book, self.trades, self.positions)))
        beside.replace(self._paper)


class _Paper(msgspec.Struct):
    book: dict[str, OrderReport]
    trades: list[Fill]
    positions: list[BrokerPosition]


def keep_master(home: Home, lot: int = LOT) -> str:
    """Today's master, replacing what there was; its hash."""
    call = msgspec.structs.replace(NIFTY_CALL, lot_size=lot)
    csv = encode_csv([(call, 10_000), (_PUT, 9_000)])
    return MasterStore(home.masters).keep(DAY, csv, 1, rows=2, source="test").sha256


def _master(home: Home) -> tuple[tuple[Instrument, ...], str]:
    """The one kept, as `main` knows it."""
    store = MasterStore(home.masters)
    if store.load(DAY) is None:
        keep_master(home)
    kept = store.load(DAY)
    assert kept is not None
    master = decode_csv(kept.csv)
    assert isinstance(master, InstrumentMaster)
    return tuple(listed(master.instruments, DAY).values()), kept.meta.sha256


_PUT = msgspec.structs.replace(
    NIFTY_CALL,
    instrument_token=InstrumentToken(NIFTY_CALL.instrument_token + (1 << 8)),
    tradingsymbol=TradingSymbol(NIFTY_CALL.tradingsymbol.replace("CE", "PE")),
    kind=InstrumentKind.PE,
)


def _tokens(instruments: Sequence[Instrument]) -> list[int]:
    return [int(i.instrument_token) for i in instruments]


def write_settings(home: Home, *strategies: StrategySettings) -> None:
    """What `main` and a replay make their strategies by."""
    home.root.mkdir(mode=0o700, parents=True, exist_ok=True)
    lines: list[str] = []
    for one in strategies:
        params = ", ".join(f"{name} = {msgspec.json.encode(value).decode()}" for name, value in one.params.items())
        lines += ["[[engine.strategies]]", f'factory = "{one.factory}"', f"params = {{ {params} }}"]
    home.settings_file.write_text("\n".join(lines) + "\n")
