"""A stand-in for the server: ready at once, with a child and a daemon, or failing in one of the ways a server can.

Usage: stand_in_server.py PORT MODE; MODE is one of ok, fails, silent, stubborn.
"""

import os
import signal
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Ready(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        return


def start_daemon() -> None:
    """A process that left its parent and its session, like HAProxy's."""
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            os.execvp("sleep", ["sleep", "600"])
        os._exit(0)
    os.wait()


def main() -> None:
    port, mode = int(sys.argv[1]), sys.argv[2]
    start_daemon()
    subprocess.Popen(["sleep", "601"])
    print("@progress warming up", flush=True)
    print("a line for the log", flush=True)
    if mode == "fails":
        print("the last words", file=sys.stderr, flush=True)
        sys.exit(9)
    if mode == "silent":
        threading.Event().wait()
    server = ThreadingHTTPServer(("127.0.0.1", port), Ready)
    stop = signal.SIG_IGN if mode == "stubborn" else lambda *_: os._exit(0)
    signal.signal(signal.SIGTERM, stop)
    server.serve_forever()


if __name__ == "__main__":
    main()
