"""The client: instruments, last prices and what is held of one broker, for any thread that asks."""

import http.client
import ssl
import threading
from collections.abc import Callable, Mapping, Sequence
from urllib.parse import urlencode

from tarazu.adapters.kite_origin import origin_of
from tarazu.adapters.kite_rest.body import BadBody
from tarazu.adapters.kite_rest.credentials import Credentials
from tarazu.adapters.kite_rest.errors import BadAnswer, Unreachable
from tarazu.adapters.kite_rest.line import Answer, Deadline, Line, LostBeforeAnswer
from tarazu.adapters.kite_rest.pace import Pace
from tarazu.adapters.kite_rest.refusal import looks, refusal_of
from tarazu.model.ids import InstrumentToken
from tarazu.wire.kite_answers import Declined, LastPrice, Malformed, read_held, read_last_prices

LTP_KEYS_MAX = 1_000  # KITE facts 1.4
QUOTE_GAP_S = 1.0  # KITE facts 1.12: the quote family, once a second

# Ours: a day's file is some 10 MB, 120,000 rows, and a fifth of that on the wire.
INSTRUMENTS_BYTES_MAX = 64 << 20
INSTRUMENTS_S = 60.0
PRICES_BYTES_MAX = 1 << 20
POSITIONS_BYTES_MAX = 8 << 20


class KiteMarketRest:
    """Blocking. One idle connection is kept; who finds it in use opens another.

    Proxies named in the environment are not used: the credentials go to the broker alone.
    """

    def __init__(
        self,
        *,
        root: str,
        api_key: str,
        access_token: Callable[[], str],
        timeout_s: float = 7.0,
        quote_gap_s: float = QUOTE_GAP_S,
    ) -> None:
        """`access_token` is asked before each question. Raises ValueError for an address that is none.

        `timeout_s` is for all of a question; instruments may take `INSTRUMENTS_S`, no wait in it longer than
        `timeout_s`. Looking up a name has the resolver's own limits, and each address of it may take `timeout_s`.
        """
        self.root = root.rstrip("/")
        self._origin = origin_of(root)
        self._credentials = Credentials(api_key, access_token)
        self._timeout_s = timeout_s
        self._stopped = threading.Event()
        self._pace = Pace(quote_gap_s, self._stopped)
        self._lock = threading.Lock()
        self._idle: Line | None = None
        self._in_use: set[Line] = set()

    def instruments(self) -> bytes:
        """The CSV of `GET /instruments`, uncompressed, undecoded. Raises RestError."""
        limit = Deadline(max(INSTRUMENTS_S, self._timeout_s), self._timeout_s)
        body = self._get("/instruments", limit, INSTRUMENTS_BYTES_MAX)
        if body.lstrip()[:1] in (b"", b"{", b"<"):
            raise BadAnswer(f"/instruments: {looks(body)} instead of the file; try again")
        return body

    def last_prices(self, keys: Sequence[str]) -> Mapping[str, LastPrice]:
        """By key (`NSE:INFY`); keys that Kite does not know are absent. Waits for its turn, whoever else asks.

        Raises RestError, and ValueError for more than `LTP_KEYS_MAX` keys.
        """
        if len(keys) > LTP_KEYS_MAX:
            raise ValueError(f"{len(keys)} keys at once; Kite takes {LTP_KEYS_MAX}")
        if not keys:
            return {}
        self._pace.wait()
        limit = Deadline(self._timeout_s, self._timeout_s)
        try:
            body = self._get("/quote/ltp?" + urlencode([("i", key) for key in keys]), limit, PRICES_BYTES_MAX)
        finally:
            self._pace.answered()
        prices = read_last_prices(body)
        if isinstance(prices, Malformed | Declined):
            raise self._bad("/quote/ltp", body, prices)
        return prices

    def held(self) -> frozenset[InstrumentToken]:
        """The instruments of which the account holds a net position, of any product. Raises RestError."""
        path = "/portfolio/positions"
        body = self._get(path, Deadline(self._timeout_s, self._timeout_s), POSITIONS_BYTES_MAX)
        held = read_held(body)
        if isinstance(held, Malformed | Declined):
            raise self._bad(path, body, held)
        return held

    def close(self) -> None:
        """For good. Questions under way in other threads end soon, with Unreachable or BadAnswer."""
        self._stopped.set()
        with self._lock:
            idle, self._idle = self._idle, None
            under_way = tuple(self._in_use)
        if idle is not None:
            idle.close()
        for line in under_way:
            line.cut()

    def _bad(self, path: str, body: bytes, why: Malformed | Declined) -> BadAnswer:
        told = why.text if isinstance(why, Malformed) else why.message
        return BadAnswer(f"{path}: {looks(body)}; {self._credentials.conceal(told)}")

    def _get(self, target: str, deadline: Deadline, bytes_max: int) -> bytes:
        """The body of a 200 that is no refusal. What it raises quotes no header and has no cause that might."""
        path, conceal = target.partition("?")[0], self._credentials.conceal
        headers = self._credentials.headers()
        try:
            answer = self._exchange(target, headers, deadline, bytes_max)
        except TimeoutError:
            raise Unreachable(f"{self.root} did not answer in time; look at the network and Kite's status") from None
        except ssl.SSLCertVerificationError as bad:
            raise Unreachable(f"{self.root}: its certificate is not trusted: {bad.verify_message}") from None
        except OSError as bad:
            told = conceal(str(bad)) or type(bad).__name__
            raise Unreachable(f"{self.root}: {told}; look at the network and Kite's status") from None
        except BadBody as bad:
            raise BadAnswer(f"{path}: {bad}; try again") from None
        except http.client.HTTPException as bad:
            raise BadAnswer(f"{path}: no HTTP ({type(bad).__name__}); is {self.root} the broker?") from None
        refused = refusal_of(answer, conceal)
        if refused is not None:
            raise refused
        return answer.body

    def _exchange(self, target: str, headers: Mapping[str, str], deadline: Deadline, bytes_max: int) -> Answer:
        """On the idle connection if there is one; once more on a fresh one if the server had closed it meanwhile."""
        try:
            return self._on(self._borrow(), target, headers, deadline, bytes_max)
        except LostBeforeAnswer:
            return self._on(self._fresh(), target, headers, deadline, bytes_max)

    def _on(self, line: Line, target: str, headers: Mapping[str, str], deadline: Deadline, bytes_max: int) -> Answer:
        try:
            return line.get(target, headers, deadline, bytes_max)
        finally:
            self._give_back(line)

    def _borrow(self) -> Line:
        with self._lock:
            line, self._idle = self._idle, None
            if line is not None and not line.gone:
                self._in_use.add(line)
                return line
        if line is not None:
            line.close()
        return self._fresh()

    def _fresh(self) -> Line:
        line = Line(self._origin)
        with self._lock:
            if self._stopped.is_set():
                raise ConnectionAbortedError("this client was closed")
            self._in_use.add(line)
        return line

    def _give_back(self, line: Line) -> None:
        with self._lock:
            self._in_use.discard(line)
            if line.reusable and self._idle is None and not self._stopped.is_set():
                self._idle = line
                return
        line.close()
