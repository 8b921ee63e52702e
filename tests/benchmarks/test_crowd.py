"""A crowd tells which replies came, and when: broken ones too."""

import socket
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest

if sys.platform != "linux":
    pytest.skip("the kernel's clock of arrivals is Linux's", allow_module_level=True)

from benchmarks.serving.crowd import _Member, crowd
from benchmarks.serving.load import request


class Answers(BaseHTTPRequestHandler):
    def do_POST(self):
        if self.path == "/breaks":
            self.connection.close()
            return
        self.send_response(503 if self.path == "/busy" else 200)
        body = b"x" * 100_000
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@pytest.fixture(scope="module")
def port():
    with ThreadingHTTPServer(("127.0.0.1", 0), Answers) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_port
        server.shutdown()


def test_each_reply_is_told_by_its_status_and_arrives_before_it_is_read(port):
    messages = [request(path) for path in ("/fine", "/busy", "/fine", "/busy", "/fine")]
    arrivals, sending_s = crowd(port, messages)
    assert sorted(each.status for each in arrivals) == [200, 200, 200, 503, 503]
    assert all(0 < each.arrived_s <= each.read_s for each in arrivals)
    assert sending_s >= 0


def test_a_connection_that_breaks_off_is_no_reply(port):
    arrivals, _ = crowd(port, [request("/breaks"), request("/fine")])
    assert sorted(each.status for each in arrivals) == [0, 200]


def test_an_arrival_that_the_kernel_did_not_note_is_no_later_than_its_reading():
    with socket.socket() as link:
        whole = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
        arrival = _Member(link, sent_ns=1, received=whole).arrival()
    assert arrival.status == 200
    assert arrival.arrived_s == arrival.read_s > 0
