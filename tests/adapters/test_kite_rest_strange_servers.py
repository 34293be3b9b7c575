"""Bodies, connections and addresses that no honest server sends: cut, endless, compressed, closed, echoing."""

import gzip
import socket
import ssl
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from harness.in_time import Late, once_in_time
from harness.raw_http import RawHttp, Say, answer, head
from tarazu.adapters.kite_rest import client, line
from tarazu.adapters.kite_rest.client import KiteMarketRest
from tarazu.adapters.kite_rest.errors import BadAnswer, BrokerFailed, RestError, TokenRefused, Unreachable
from tarazu.wire.kite_errors import BAD_TOKEN, Refusal, success

TOKEN = "s3cr3t-token-0123456789"
CSV = b"instrument_token,exchange_token\n" + b"".join(b"%d,%d\n" % (n, n) for n in range(20_000))
PACKED = gzip.compress(CSV)
INFY = {"NSE:INFY": {"instrument_token": 408065, "last_price": 1074.35}}
PRICES = answer(success(INFY))


def rest_at(root: str, **options: Any) -> KiteMarketRest:
    settings: dict[str, Any] = {"api_key": "key-0123456789", "access_token": lambda: TOKEN, "quote_gap_s": 0}
    return KiteMarketRest(root=root, **settings | options)


def chunked(body: bytes, size: int = 10_000) -> bytes:
    parts = [body[n : n + size] for n in range(0, len(body), size)]
    return b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in parts)


LENGTH = head(f"Content-Length: {len(PACKED)}\r\n")
CHUNKED = head("Transfer-Encoding: chunked\r\n")
WHOLE: list[tuple[str, list[Say]]] = [
    ("plain", [answer(CSV, kind="text/csv")]),
    ("plain in chunks", [CHUNKED, chunked(CSV), b"0\r\n\r\n"]),
    ("gzip as it says", [answer(PACKED, kind="text/csv", more="Content-Encoding: gzip\r\n")]),
    ("gzip as a file", [answer(PACKED, kind="application/gzip")]),
    ("gzip in chunks", [CHUNKED, chunked(PACKED), b"0\r\n\r\n"]),
    ("gzip until the end of the connection", [head(""), PACKED]),
    ("gzip in two members", [answer(gzip.compress(CSV[:99]) + gzip.compress(CSV[99:]))]),
    ("said gzip, and unpacked on the way", [answer(CSV, more="Content-Encoding: gzip\r\n")]),
    ("the two first bytes apart", [LENGTH, PACKED[:1], 0.05, PACKED[1:]]),
]


@pytest.mark.parametrize(("how", "says"), WHOLE, ids=[how for how, _ in WHOLE])
def test_the_file_however_it_comes(how: str, says: list[Say]) -> None:
    with RawHttp([says]) as server:
        assert rest_at(server.root).instruments() == CSV
        (asked,) = server.requests[0]
    assert asked.startswith("GET /instruments HTTP/1.1\r\n")
    assert "X-Kite-Version: 3\r\n" in asked and f"Authorization: token key-0123456789:{TOKEN}\r\n" in asked
    assert "Accept-Encoding: gzip\r\n" in asked


ROTTEN = PACKED[:5000] + bytes(100) + PACKED[5100:]
SPOILT: list[tuple[str, list[Say], str]] = [
    ("shorter than it says", [head("Content-Length: 400000\r\n"), CSV[:1000]], "399000 bytes are missing"),
    ("gzip cut short", [answer(PACKED[:-1])], "no end"),
    ("gzip cut short at the end of the connection", [head(""), PACKED[:-9]], "no end"),
    ("gzip with a rotten piece", [answer(ROTTEN)], "gunzip"),
    ("gzip and then something else", [answer(PACKED + b"more")], "gunzip"),
    ("no last chunk", [CHUNKED, chunked(CSV)], "cut short"),
    ("a chunk cut short", [CHUNKED, chunked(CSV)[:-500]], "cut short"),
    ("a chunk of no size", [CHUNKED, b"zz\r\n"], "chunks"),
    ("nothing says whether it is whole", [head(""), CSV], "nothing says"),
    ("nothing", [answer(b"")], "an empty body"),
    ("no HTTP", [b"SSH-2.0-OpenSSH\r\n"], "no HTTP"),
    ("a head without end", [b"HTTP/1.1 200 OK\r\n", *[b"X-More: 1\r\n"] * 200], "no HTTP"),
]


@pytest.mark.parametrize(("how", "says", "told"), SPOILT, ids=[row[0] for row in SPOILT])
def test_what_is_not_whole_is_not_used(how: str, says: list[Say], told: str) -> None:
    with RawHttp([says]) as server, pytest.raises(BadAnswer, match=told):
        rest_at(server.root).instruments()


@pytest.mark.parametrize("body", [CSV, PACKED, gzip.compress(bytes(1 << 20))])
def test_no_more_than_agreed_is_taken_or_unpacked(monkeypatch: pytest.MonkeyPatch, body: bytes) -> None:
    monkeypatch.setattr(client, "INSTRUMENTS_BYTES_MAX", len(CSV) - 1)
    with RawHttp([[answer(body)]]) as server, pytest.raises(BadAnswer, match="longer than"):
        rest_at(server.root).instruments()


def test_exactly_as_much_as_agreed_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "INSTRUMENTS_BYTES_MAX", len(CSV))
    with RawHttp([[answer(CSV)], [answer(PACKED)]]) as server:
        rest = rest_at(server.root)
        assert rest.instruments() == rest.instruments() == CSV


def test_a_connection_is_kept_between_questions() -> None:
    with RawHttp([[PRICES], [PRICES], [answer(CSV)]]) as server:
        rest = rest_at(server.root)
        for _ in range(2):
            assert rest.last_prices(["NSE:INFY"])["NSE:INFY"].price == 1074_35
        rest.instruments()
        assert [len(asked) for asked in server.requests] == [3]
        rest.close()


def _waited(event: threading.Event) -> None:
    assert event.wait(60)


def close(connection: socket.socket) -> None:
    connection.shutdown(socket.SHUT_RDWR)


def test_a_kept_connection_that_the_server_closed_is_made_anew() -> None:
    closed = threading.Event()
    with RawHttp([[PRICES, 0.05, close, lambda _: closed.set()]], [[PRICES]]) as server:
        rest = rest_at(server.root)
        rest.last_prices(["NSE:INFY"])
        assert closed.wait(60)
        assert rest.last_prices(["NSE:INFY"])
        assert [len(asked) for asked in server.requests] == [1, 1]


def test_one_that_is_closed_under_the_question_is_made_anew_once() -> None:
    gone: list[Say] = [close]
    with RawHttp([[PRICES], gone], [[PRICES], gone], [gone], [[PRICES]]) as server:
        rest = rest_at(server.root)
        rest.last_prices(["NSE:INFY"])
        assert rest.last_prices(["NSE:INFY"]), "closed: asked again on a fresh connection"
        with pytest.raises(Unreachable):
            rest.last_prices(["NSE:INFY"])
        assert rest.last_prices(["NSE:INFY"])
        assert [len(asked) for asked in server.requests] == [2, 2, 1, 1]


def test_a_word_about_idleness_is_not_taken_for_the_answer() -> None:
    idle = answer(b'{"status":"error","message":"idle","error_type":"NetworkException"}', "408 Request Timeout")
    answered, said = threading.Event(), threading.Event()
    story: list[Say] = [PRICES, lambda _: _waited(answered), idle, lambda _: said.set()]
    with RawHttp([story], [[PRICES]]) as server:
        rest = rest_at(server.root)
        rest.last_prices(["NSE:INFY"])
        answered.set()
        assert said.wait(60)
        assert rest.last_prices(["NSE:INFY"])


def test_what_was_left_of_a_broken_answer_is_not_read_as_the_next() -> None:
    def story() -> None:
        with RawHttp([[head("Content-Length: 9\r\n"), b"{"], [PRICES]], [[PRICES]]) as server:
            rest = rest_at(server.root, timeout_s=0.3)
            with pytest.raises(Unreachable, match="in time"):
                rest.last_prices(["NSE:INFY"])
            try:
                assert rest.last_prices(["NSE:INFY"])
            except Unreachable as late:
                raise Late("an honest answer, longer than the timeout") from late
            assert [len(asked) for asked in server.requests] == [1, 1]

    once_in_time(story)


def test_an_answer_in_drops_ends_with_the_time_of_the_whole() -> None:
    drops: list[Say] = [say for byte in PRICES for say in (bytes([byte]), 0.02)]
    # Else it would come whole in the end.
    with RawHttp([drops]) as server, pytest.raises(Unreachable, match="in time"):
        rest_at(server.root, timeout_s=0.5).last_prices(["NSE:INFY"])


def test_the_file_may_take_longer_than_a_question_but_not_than_its_silence(monkeypatch: pytest.MonkeyPatch) -> None:
    slow: list[Say] = [LENGTH]
    for n in range(0, len(PACKED), len(PACKED) // 8):
        slow += [0.1, PACKED[n : n + len(PACKED) // 8]]

    def whole() -> None:
        with RawHttp([slow]) as server:
            try:
                assert rest_at(server.root, timeout_s=0.5).instruments() == CSV
            except Unreachable as late:
                raise Late("a silence longer than it may be") from late

    once_in_time(whole)
    with RawHttp([slow], [[LENGTH, 2.0]]) as server:
        for total_s, silence_s in ((0.6, 0.5), (60.0, 0.3)):
            monkeypatch.setattr(client, "INSTRUMENTS_S", total_s)
            with pytest.raises(Unreachable, match="in time"):
                rest_at(server.root, timeout_s=silence_s).instruments()


def test_a_redirect_is_not_followed() -> None:
    with RawHttp([[PRICES]]) as elsewhere:
        to = answer(b"", "302 Found", more=f"Location: {elsewhere.root}/\r\n")
        with RawHttp([[to]]) as server, pytest.raises(BrokerFailed, match="302: a redirect, not followed"):
            rest_at(server.root).last_prices(["NSE:INFY"])
        assert elsewhere.requests == []


ECHO = f"you sent key-0123456789:{TOKEN}"
ECHOES = [
    answer(Refusal(ECHO).body(), "400 Bad Request"),
    answer(Refusal(ECHO, BAD_TOKEN.error_type, 403).body(), "403 Forbidden"),
    answer(Refusal(ECHO).body()),
    answer(ECHO.encode(), "502 Bad Gateway"),
    answer(success({ECHO: {"instrument_token": 0, "last_price": 1}})),
    f"{ECHO}\r\n".encode(),
    head(f"Content-Length: {ECHO}\r\n"),
]


@pytest.mark.parametrize("says", ECHOES)
def test_what_a_server_echoes_is_not_shown(says: bytes) -> None:
    with RawHttp([[says]]) as server, pytest.raises(RestError) as told:
        rest_at(server.root).last_prices(["NSE:INFY"])
    shown = f"{told.value} {told.value!r} {vars(told.value)} {told.value.__cause__!r}"
    assert TOKEN not in shown and "key-0123456789" not in shown


def test_a_refusal_with_status_200_is_a_refusal() -> None:
    with RawHttp([[answer(BAD_TOKEN.body())]]) as server, pytest.raises(TokenRefused):
        rest_at(server.root).instruments()
    with (
        RawHttp([[answer(Refusal("not now").body())]]) as server,
        pytest.raises(BrokerFailed, match=r"200 Input.*not now"),
    ):
        rest_at(server.root).last_prices(["NSE:INFY"])


SELF_SIGNED = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost"]
SELF_SIGNED += ["-addext", "subjectAltName=DNS:localhost"]


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A self-signed one for `localhost`, key and all."""
    folder = tmp_path_factory.mktemp("tls")
    subprocess.run(
        [*SELF_SIGNED, "-keyout", folder / "pem", "-out", folder / "crt"],
        check=True,
        capture_output=True,
    )
    (folder / "pem").write_text((folder / "pem").read_text() + (folder / "crt").read_text())
    return folder / "pem"


@pytest.fixture
def https(certificate: Path) -> Iterator[int]:
    """The port of a server that answers each connection's first question, over TLS."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    listening = socket.create_server(("localhost", 0))

    def serve() -> None:
        while True:
            try:
                plain, _ = listening.accept()
            except OSError:
                return
            try:
                with context.wrap_socket(plain, server_side=True) as connection:
                    while connection.recv(65536):
                        connection.sendall(PRICES)
            except OSError:  # the client did not like us
                continue

    thread = threading.Thread(target=serve)
    thread.start()
    yield listening.getsockname()[1]
    listening.shutdown(socket.SHUT_RDWR)
    listening.close()
    thread.join(10)


def test_a_certificate_nobody_vouches_for_is_refused(https: int) -> None:
    with pytest.raises(Unreachable, match="certificate is not trusted"):
        rest_at(f"https://localhost:{https}").last_prices(["NSE:INFY"])


def test_over_tls_the_name_must_be_the_certificates(
    https: int, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(line, "tls", lambda: ssl.create_default_context(cafile=str(certificate)))
    rest = rest_at(f"https://localhost:{https}")
    for _ in range(3):
        assert rest.last_prices(["NSE:INFY"])
    assert rest._idle is not None, "kept, over TLS too"
    rest.close()
    with pytest.raises(Unreachable, match="certificate is not trusted"):
        rest_at(f"https://127.0.0.1:{https}").last_prices(["NSE:INFY"])
