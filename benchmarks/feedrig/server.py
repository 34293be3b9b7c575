"""The ticker server, `python -m feedrig.server`: prints its port, then obeys JSON commands, a line each.

    {"do": "expect", "clients": 3}                          until so many are connected and subscribed
    {"do": "rate", "packets_per_s": 45000, "seconds": 60}   each second a message of everything on each connection at
                                                            once, the rest in messages of 300 spread evenly
    {"do": "flood", "seconds": 5, "packets": 300}           as fast as it is read, until nobody is there
    {"do": "turns", "packets": 10, "windows": 20, "each": 250}   to one client, then the other, 1 to 5 ms apart
    {"do": "idle", "seconds": 2}                            heartbeats
    {"do": "volumes", "file": ...}                          what each instrument has traded (token, volume) as .npy

A rate's messages are stamped with the time they were due, so that a sender held up counts as lateness of the reader.
"""

import json
import random
import select
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from feedrig.client import Client, listen
from feedrig.message import Message
from tarazu.model.units import SECOND_NS

SPREAD_PACKETS = 300


class Server:
    def __init__(self) -> None:
        self.listening = listen()
        self.clients: list[Client] = []
        self._messages: dict[tuple[int, int], list[Message]] = {}

    def expect(self, clients: int) -> None:
        self.clients = [c for c in self.clients if not c.gone]
        while len(self.clients) < clients or not all(c.tokens for c in self.clients):
            if select.select([self.listening], [], [], 0.02)[0]:
                self.clients.append(Client(self.listening.accept()[0], len(self.clients)))
            self.hear()

    def rate(self, packets_per_s: int, seconds: float) -> dict[str, Any]:
        plan = self._plan(packets_per_s, seconds)
        start_ns, late_ns = time.monotonic_ns(), 0
        for due_ns, client, message in plan:
            while (left_ns := start_ns + due_ns - time.monotonic_ns()) > 0:
                self.hear()
                time.sleep(min(left_ns / SECOND_NS, 0.05))
            late_ns = max(late_ns, -left_ns)
            client.send(message, start_ns + due_ns)
        return {"late_s_max": late_ns / SECOND_NS}

    def flood(self, seconds: float, packets: int) -> dict[str, Any]:
        end_s, heard_s = time.monotonic() + seconds, 0.0
        turn = 0
        while (now_s := time.monotonic()) < end_s and not all(c.gone for c in self.clients):
            for client in self.clients:
                messages = self._of(client, packets)
                client.send(messages[turn % len(messages)])
            turn += 1
            if now_s - heard_s > 0.1:
                heard_s = now_s
                self.hear()
        return {}

    def turns(self, packets: int, windows: int, each: int) -> dict[str, Any]:
        dice = random.Random(2026)
        for window in range(windows):
            client = self.clients[window % len(self.clients)]
            for n in range(each):
                if n % 50 == 0:
                    self.hear()
                time.sleep(dice.uniform(0.001, 0.005))
                messages = self._of(client, packets)
                client.send(messages[n % len(messages)])
        return {}

    def idle(self, seconds: float) -> None:
        end_s = time.monotonic() + seconds
        while time.monotonic() < end_s:
            self.hear()
            time.sleep(0.02)

    def volumes(self, file: str) -> None:
        """The newest message with an instrument in it has the most."""
        traded: dict[int, int] = {}
        for message in (m for messages in self._messages.values() for m in messages):
            traded |= {t: max(traded.get(t, 0), message.volume) for t in message.tokens}
        np.save(file, np.array(sorted(traded.items()), np.int64))

    def hear(self) -> None:
        for client in self.clients:
            client.hear()

    def report(self) -> dict[str, Any]:
        """By client: messages and packets sent so far."""
        return {
            "mono_ns": time.monotonic_ns(),
            "sent": [c.sent for c in self.clients],
            "packets": [c.packets for c in self.clients],
            "gone": [c.gone for c in self.clients],
        }

    def _plan(self, packets_per_s: int, seconds: float) -> list[tuple[int, Client, Message]]:
        """(when due, to whom, what), in order of time."""
        everything = sum(len(c.tokens) for c in self.clients)
        spread = max(0, packets_per_s - everything) // SPREAD_PACKETS
        per_s = [(0, client, self._of(client, len(client.tokens))[0]) for client in self.clients]
        for n in range(spread):
            client = self.clients[n % len(self.clients)]
            parts = self._of(client, SPREAD_PACKETS)
            per_s.append(((n + 1) * SECOND_NS // (spread + 1), client, parts[n // len(self.clients) % len(parts)]))
        seconds_ns = [n * SECOND_NS for n in range(max(1, round(seconds)))]
        return [(at_ns + due_ns, client, message) for at_ns in seconds_ns for due_ns, client, message in per_s]

    def _of(self, client: Client, packets: int) -> list[Message]:
        """The client's instruments in messages of so many."""
        key = client.index, packets
        if key not in self._messages:
            tokens = client.tokens
            parts = [tokens[at : at + packets] for at in range(0, len(tokens) - packets + 1, packets)]
            self._messages[key] = [Message(part, client.index) for part in parts]
        return self._messages[key]


def main() -> int:
    server = Server()
    say({"port": server.listening.getsockname()[1]})
    obeys: dict[str, Callable[..., Any]] = {
        name: getattr(server, name) for name in ("expect", "rate", "flood", "turns", "idle", "volumes")
    }
    while True:
        while not select.select([sys.stdin], [], [], 0.02)[0]:
            server.hear()
        line = sys.stdin.readline()
        if not line:
            return 0
        order = json.loads(line)
        answer = obeys[order.pop("do")](**order) or {}
        say({**server.report(), **answer})


def say(what: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(what) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    raise SystemExit(main())
