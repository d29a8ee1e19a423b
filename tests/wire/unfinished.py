"""A client of gRPC that sends all of its messages but their last bytes, in frames of HTTP/2 of its own making."""

import contextlib
import socket
import struct
import threading

DATA, HEADERS, RST_STREAM, SETTINGS, PING, WINDOW_UPDATE = 0, 1, 3, 4, 6, 8
ACK, END_HEADERS, INITIAL_WINDOW_SIZE, WINDOW, FRAME = 1, 4, 4, 65535, 16384


def frame(kind, flags=0, stream=0, payload=b""):
    return struct.pack(">I", len(payload))[1:] + struct.pack(">BBI", kind, flags, stream) + payload


PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + frame(SETTINGS)


def header(name, value):
    """A literal one, which no table remembers."""
    return b"".join([b"\0", *(bytes([len(text)]) + text.encode() for text in (name, value))])


class Unfinished:
    """`calls` of a method on one connection, each with a message of `size` bytes whose last byte does not come."""

    def __init__(self, address, path, calls, size):
        self.socket = socket.create_connection(address, 60)
        self.path, self.calls, self.size = path, calls, size
        self.initial = WINDOW
        self.windows = {0: WINDOW}
        self.left = {}  # what a call has still to send
        self.lock = threading.Lock()

    def __enter__(self):
        self.socket.sendall(PREFACE)
        with self.lock:
            for number in range(self.calls):
                self._begin(2 * number + 1)
        self.reader = threading.Thread(target=self._read)
        self.reader.start()
        return self

    def __exit__(self, *_):
        with contextlib.suppress(OSError):
            self.socket.shutdown(socket.SHUT_RDWR)
        self.reader.join()
        self.socket.close()

    def is_sending(self):
        with self.lock:
            return any(left > 0 for left in self.left.values())

    def taken(self):
        """How many calls the server has neither refused nor answered."""
        with self.lock:
            return len(self.left)

    def _begin(self, stream):
        names = {":method": "POST", ":scheme": "http", ":path": self.path, ":authority": "a", "te": "trailers"}
        fields = {**names, "content-type": "application/grpc"}
        self.socket.sendall(frame(HEADERS, END_HEADERS, stream, b"".join(header(*field) for field in fields.items())))
        self.windows[stream], self.left[stream] = self.initial, 5 + self.size - 1
        self._send(stream, b"\0" + struct.pack(">I", self.size))

    def _send(self, stream, data):
        self.socket.sendall(frame(DATA, 0, stream, data))
        self.left[stream] -= len(data)
        for window in (0, stream):
            self.windows[window] -= len(data)

    def _send_all(self):
        for stream in list(self.left):
            while (size := min(self.left[stream], self.windows[0], self.windows[stream], FRAME)) > 0:
                self._send(stream, bytes(size))

    def _read(self):
        with contextlib.suppress(OSError, EOFError):
            while True:
                head = self._receive(9)
                kind, flags, stream = struct.unpack(">BBI", head[3:])
                payload = self._receive(int.from_bytes(head[:3], "big"))
                with self.lock:
                    self._take(kind, flags, stream, payload)
                    self._send_all()
        with self.lock:
            self.left.clear()

    def _receive(self, size):
        data = b""
        while len(data) < size:
            part = self.socket.recv(size - len(data))
            if not part:
                raise EOFError
            data += part
        return data

    def _take(self, kind, flags, stream, payload):
        if kind == SETTINGS and not flags & ACK:
            for key, value in struct.iter_unpack(">HI", payload):
                if key == INITIAL_WINDOW_SIZE:
                    for known in self.left:
                        self.windows[known] += value - self.initial
                    self.initial = value
            self.socket.sendall(frame(SETTINGS, ACK))
        elif kind == PING and not flags & ACK:
            self.socket.sendall(frame(PING, ACK, 0, payload))
        elif kind == WINDOW_UPDATE:
            self.windows[stream] = self.windows.get(stream, 0) + int.from_bytes(payload, "big")
        elif kind in (RST_STREAM, HEADERS):
            self.left.pop(stream, None)
