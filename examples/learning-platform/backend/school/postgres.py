"""As much of a Postgres client as is needed: one connection, plain queries, SCRAM passwords."""

import base64
import hashlib
import hmac
import secrets
import socket
import struct
from threading import RLock
from urllib.parse import unquote, urlsplit


class DatabaseError(Exception):
    pass


def quoted(value):
    """A value as it stands in a query."""
    if value is None:
        return 'NULL'
    if isinstance(value, int):
        return str(int(value))
    return "'" + str(value).replace("'", "''").replace('\0', '') + "'"


class Postgres:
    """`postgresql://user:password@host:5432/database`. Connects when it is asked, and again."""

    def __init__(self, url):
        parts = urlsplit(url)
        self.address = (parts.hostname, parts.port or 5432)
        self.user = unquote(parts.username or 'postgres')
        self.password = unquote(parts.password or '')
        self.database = parts.path.lstrip('/') or self.user
        self.lock = RLock()
        self.socket = None

    def ask(self, text, *values):
        """The rows, each a tuple of texts or None. `{}` stands for a value."""
        with self.lock:
            if self.socket is None:
                self.connect()
            try:
                self.send(b'Q', text.format(*map(quoted, values)).encode() + b'\0')
                return self.rows()
            except OSError:
                self.close()
                raise DatabaseError('the database closed the connection') from None

    def close(self):
        with self.lock:
            if self.socket is not None:
                self.socket.close()
            self.socket = None

    def connect(self):
        try:
            self.socket = socket.create_connection(self.address, timeout=10)
            start = f'user\0{self.user}\0database\0{self.database}\0\0'.encode()
            self.send(b'', struct.pack('!i', 196608) + start)
            self.rows()
        except (OSError, DatabaseError) as error:
            self.close()
            raise DatabaseError(f'cannot connect to the database: {error}') from None

    def send(self, kind, body):
        self.socket.sendall(kind + struct.pack('!i', len(body) + 4) + body)

    def receive(self, length):
        parts = bytearray()
        while len(parts) < length:
            part = self.socket.recv(length - len(parts))
            if not part:
                raise OSError('closed')
            parts += part
        return bytes(parts)

    def rows(self):
        """Reads up to "ready for query"; signs in where it is asked to."""
        rows, error, kind = [], None, b''
        try:
            while kind != b'Z':
                head = self.receive(5)
                body = self.receive(struct.unpack('!i', head[1:])[0] - 4)
                kind = head[:1]
                if kind == b'D':
                    rows.append(columns(body))
                elif kind == b'R':
                    self.sign_in(body)
                elif kind == b'E':
                    error = DatabaseError(error_text(body))
        except OSError:
            # A refused sign-in is told, and then the connection is closed.
            raise error or OSError('closed')
        if error is not None:
            raise error
        return rows

    def sign_in(self, body):
        kind = struct.unpack('!i', body[:4])[0]
        if kind == 10:
            self.scram = Scram(self.password)
            first = self.scram.first().encode()
            self.send(b'p', b'SCRAM-SHA-256\0' + struct.pack('!i', len(first)) + first)
        elif kind == 11:
            self.send(b'p', self.scram.final(body[4:].decode()).encode())
        elif kind not in (0, 12):
            raise DatabaseError('the database asks for a password in a way that is not known here')


class Scram:
    """RFC 7677, without channel binding."""

    def __init__(self, password, nonce=None):
        self.password = password.encode()
        self.bare = f'n=,r={nonce or secrets.token_urlsafe(18)}'

    def first(self):
        return f'n,,{self.bare}'

    def final(self, challenge):
        said = dict(part.split('=', 1) for part in challenge.split(','))
        salt, rounds = base64.b64decode(said['s']), int(said['i'])
        salted = hashlib.pbkdf2_hmac('sha256', self.password, salt, rounds)
        key = hmac.digest(salted, b'Client Key', 'sha256')
        plain = f'c=biws,r={said["r"]}'
        message = f'{self.bare},{challenge},{plain}'.encode()
        signature = hmac.digest(hashlib.sha256(key).digest(), message, 'sha256')
        proof = bytes(a ^ b for a, b in zip(key, signature))
        return f'{plain},p={base64.b64encode(proof).decode()}'


def columns(body):
    count, at, row = struct.unpack('!h', body[:2])[0], 2, []
    for _ in range(count):
        length = struct.unpack('!i', body[at : at + 4])[0]
        at += 4
        row.append(None if length == -1 else body[at : at + length].decode())
        at += max(length, 0)
    return tuple(row)


def error_text(body):
    fields = {part[:1]: part[1:] for part in body.split(b'\0') if part}
    return fields.get(b'M', b'unknown error').decode()
