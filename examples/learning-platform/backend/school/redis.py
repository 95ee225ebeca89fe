"""As much of a Redis client as is needed: one connection, commands in their order."""

import socket
from threading import RLock


class RedisError(Exception):
    pass


class Redis:
    def __init__(self, host, port=6379):
        self.address = (host, port)
        self.lock = RLock()
        self.link = None

    def ask(self, *words, timeout=10):
        with self.lock:
            try:
                if self.link is None:
                    self.link = socket.create_connection(self.address, timeout=10)
                    self.answers = self.link.makefile('rb')
                self.link.settimeout(timeout)
                self.link.sendall(encoded(words))
                return self.answer()
            except OSError as error:
                self.close()
                raise RedisError(f'no answer from Redis: {error}') from None

    def answer(self):
        line = self.answers.readline()
        if not line.endswith(b'\r\n'):
            raise OSError('closed')
        kind, rest = line[:1], line[1:-2].decode()
        if kind == b'-':
            raise RedisError(rest)
        if kind == b'$':
            return None if rest == '-1' else self.answers.read(int(rest) + 2)[:-2].decode()
        if kind == b'*':
            return None if rest == '-1' else [self.answer() for _ in range(int(rest))]
        return int(rest) if kind == b':' else rest

    def close(self):
        with self.lock:
            if self.link is not None:
                self.link.close()
            self.link = None


def encoded(words):
    parts = [str(word).encode() for word in words]
    return b'*%d\r\n' % len(parts) + b''.join(b'$%d\r\n%s\r\n' % (len(p), p) for p in parts)
