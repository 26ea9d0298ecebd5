"""Whether a host can be reached: by way of the proxies that are set, and never for longer than ten seconds."""

import socket
import threading
import time
from collections.abc import Iterator

import pytest

from common.data import tfds_source
from common.data.tfds_source import reachable

HOST = "data.invalid"  # a name that no name server has (RFC 6761): only a proxy can reach it


class Proxy(threading.Thread):
    """Takes one connection, keeps the first line of what it is asked, and gives one answer or none."""

    def __init__(self, answer: bytes | None):
        super().__init__(daemon=True)
        self.answer, self.asked = answer, b""
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.socket.getsockname()[1]}"
        self.start()

    def run(self):
        connection, _ = self.socket.accept()
        self.asked = connection.recv(4096).split(b"\r\n")[0]
        with connection:
            if self.answer is None:
                connection.recv(1)  # until the other side gives up
            else:
                connection.sendall(self.answer)


@pytest.fixture
def proxy(monkeypatch) -> Iterator:
    for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy", "NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)

    def use(answer: bytes | None) -> Proxy:
        proxy = Proxy(answer)
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        return proxy

    return use


def test_the_proxy_that_is_set_is_asked_and_its_tunnel_counts(proxy):
    opened = proxy(b"HTTP/1.1 200 Connection established\r\n\r\nno TLS")
    assert reachable(HOST)
    assert opened.asked.startswith(b"CONNECT data.invalid:443 ")


def test_a_proxy_that_refuses_is_no_way(proxy):
    refusing = proxy(b"HTTP/1.1 403 Forbidden\r\n\r\n")
    assert not reachable(HOST) and refusing.asked.startswith(b"CONNECT")


def test_a_host_that_no_proxy_names_is_asked_itself(proxy, monkeypatch):
    unasked = proxy(b"HTTP/1.1 200 Connection established\r\n\r\n")
    monkeypatch.setenv("NO_PROXY", HOST)
    assert not reachable(HOST) and unasked.asked == b""


def test_a_proxy_or_a_name_server_that_never_answers_costs_less_than_ten_seconds(proxy, monkeypatch):
    assert tfds_source.PROBE_SECONDS < 10
    monkeypatch.setattr(tfds_source, "PROBE_SECONDS", 0.3)
    proxy(None)
    began = time.perf_counter()
    assert not reachable(HOST)

    def slow(*args, **kwargs):
        time.sleep(2)
        raise socket.gaierror("no name server")

    monkeypatch.setattr(socket, "getaddrinfo", slow)
    monkeypatch.delenv("HTTPS_PROXY")
    assert not reachable(HOST)
    assert time.perf_counter() - began < 2
