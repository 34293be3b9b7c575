"""The token goes to the broker, by TLS if the address says so, and nowhere else."""

import asyncio
import ssl
import subprocess
from pathlib import Path

import pytest

from harness.order_desk import API_KEY, TOKEN, adapter, honest, new_order, run
from harness.raw_broker import PLACED, RawBroker, Talk, refusal
from tarazu.adapters.kite_broker.client import KiteBroker
from tarazu.model.outcome import Accepted, RefusalKind, Refused, Unknown


def test_without_a_token_nothing_is_sent_and_with_another_one_it_goes_on() -> None:
    tokens = [""]

    async def story(raw: RawBroker, broker: KiteBroker) -> None:
        for unusable in ("", "two words", "line\r\nbreak", "rupee₹"):
            tokens.append(unusable)
            outcome, read = await broker.place(new_order()), await broker.orders()
            for refused in (outcome, read):
                assert isinstance(refused, Refused) and refused.kind is RefusalKind.AUTH_LOST
                assert "log in" in refused.message and refused.timing.sent_mono_ns == 0
        tokens.append("good")
        assert isinstance(await broker.place(new_order()), Accepted)
        (asked,) = raw.asked
        assert asked.headers["Authorization"] == f"token {API_KEY}:good"

    run(honest, story, access_token=lambda: tokens[-1])


def test_no_outcome_shows_a_secret_that_the_broker_echoes() -> None:
    async def play(talk: Talk) -> None:
        while await talk.request() is not None:
            talk.say(refusal(message=f"who is {API_KEY}:{TOKEN}", error_type=f"{TOKEN}Exception"))

    async def story(raw: RawBroker, broker: KiteBroker) -> None:
        shown = f"{await broker.place(new_order())} {await broker.orders()} {broker!r} {vars(broker)}"
        assert "who is ***:***" in shown
        assert TOKEN not in shown and API_KEY not in shown

    run(play, story)


# TLS.


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A self-signed one for 127.0.0.1, key and all."""
    folder = tmp_path_factory.mktemp("tls")
    made = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=tarazu"]
    names = ["-addext", "subjectAltName=IP:127.0.0.1", "-keyout", f"{folder}/key", "-out", f"{folder}/crt"]
    subprocess.run([*made, *names], check=True, capture_output=True)
    return folder


def tls_server(certificate: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate / "crt", certificate / "key")
    return context


def test_over_tls_it_is_all_the_same(certificate: Path) -> None:
    trusting = ssl.create_default_context(cafile=str(certificate / "crt"))

    async def play(talk: Talk) -> None:
        while (asked := await talk.request()) is not None:
            if asked.body.endswith(b"tag=cut"):
                talk.say(PLACED[:-1])
                return
            talk.say(PLACED)

    async def story() -> None:
        async with RawBroker(play, tls_server(certificate)) as raw, adapter(raw.root, tls=trusting) as broker:
            for _ in range(5):
                assert isinstance(await broker.place(new_order()), Accepted)
            assert len(raw.talks) == 1, "kept alive"
            cut = await broker.place(new_order(tag="cut"))
            assert isinstance(cut, Unknown) and cut.bytes_written > 300
            assert isinstance(await broker.place(new_order()), Accepted)

    asyncio.run(story())


def test_a_certificate_nobody_vouches_for_gets_no_order_and_no_token(certificate: Path) -> None:
    async def story() -> None:
        async with RawBroker(honest, tls_server(certificate)) as raw, adapter(raw.root) as broker:
            outcome = await broker.place(new_order())
            assert isinstance(outcome, Refused) and outcome.kind is RefusalKind.NOT_SENT
            assert "certificate verify failed" in outcome.message
            assert not any(talk.asked for talk in raw.talks)

    asyncio.run(story())
