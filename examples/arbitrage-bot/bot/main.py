"""The arbitrage bot: takes trades over HTTP, and hedges each of them once, a moment later."""

import json
import os
import signal
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Condition, Event, Thread

from .book import Book, alone

VERSION = open(os.path.join(os.path.dirname(__file__), '..', 'version')).read().strip()


class Handler(BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'
    disable_nagle_algorithm = True
    timeout = 75

    def do_GET(self):
        book = self.server.book
        if self.path == '/':
            self.send(200, {'service': 'arbitrage-bot', 'version': VERSION, 'schema': book.schema()})
        elif self.path == '/position':
            self.send(200, book.position())
        elif self.path == '/health':
            try:
                book.check()
                self.send(200, {'status': 'ok'})
            except Exception as error:
                self.send(503, {'status': str(error)})
        else:
            self.send(404, {'error': 'no such page'})

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get('content-length') or 0))
        with self.server.changed:
            self.server.in_flight += 1
        try:
            trade = json.loads(body)
            self.server.book.add(str(trade['id']), int(trade['shares']))
            self.send(200, {'id': trade['id'], 'status': 'done'})
        except (KeyError, TypeError, ValueError):
            self.send(400, {'error': 'id and shares are needed, as JSON'})
        finally:
            with self.server.changed:
                self.server.in_flight -= 1
                self.server.changed.notify_all()

    def send(self, status, data):
        body = json.dumps(data).encode()
        self.send_response(status)
        self.send_header('content-type', 'application/json')
        self.send_header('content-length', str(len(body)))
        self.send_header('x-version', VERSION)
        self.send_header('x-request-id', self.headers.get('x-request-id', ''))
        if self.server.stopping.is_set():
            self.send_header('connection', 'close')
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, port, book):
        super().__init__(('', port), Handler)
        self.book = book
        self.stopping = Event()
        self.in_flight = 0
        self.changed = Condition()

    def finish(self):
        self.stopping.set()
        self.shutdown()
        with self.changed:
            self.changed.wait_for(lambda: self.in_flight == 0, timeout=20)


def hedge_all(book, stopping):
    while not stopping.wait(0.1):
        book.hedge(os.uname().nodename)
    # It does not leave with trades that it took and did not hedge.
    while book.hedge(os.uname().nodename) > 0:
        pass


def main(settings):
    folder = settings.get('DATA_FOLDER', '/data')
    lock = alone(folder)
    book = Book(os.path.join(folder, 'book.db'))
    time.sleep(float(settings.get('START_SECONDS', '0.5')))
    server = Server(8080, book)
    hedging = Thread(target=hedge_all, args=(book, server.stopping))
    hedging.start()
    signal.signal(signal.SIGTERM, lambda *_: Thread(target=server.finish).start())
    print(f'arbitrage-bot {VERSION} listens on 8080', flush=True)
    server.serve_forever()
    server.finish()
    hedging.join()
    book.close()
    lock.close()
    print('done', flush=True)


if __name__ == '__main__':
    main(os.environ)
