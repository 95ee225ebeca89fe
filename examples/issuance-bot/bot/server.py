"""The issuance bot: issues tokens on request, once each, and remembers them."""

import hmac
import json
import os
import signal
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Condition, Thread
from urllib.parse import urlsplit

from .store import Store, hold_alone, migrations

VERSION = open(os.path.join(os.path.dirname(__file__), '..', 'version')).read().strip()
BODY_MAX = 64 * 1024


class Bot:
    def __init__(self, environment, store):
        self.key = environment['SERVER_API_KEY']
        self.broker = environment['ALPACA_BASE_URL']
        self.store = store
        self.needs = migrations()[-1][0]

    def home(self, _body):
        return 200, {'service': 'issuance-bot', 'version': VERSION, 'schema': self.store.schema}

    def health(self, _body):
        healthy = self.store.schema >= self.needs
        return (200 if healthy else 503), {'status': 'ok' if healthy else 'old schema'}

    def status(self, _body):
        broker = urlsplit(self.broker)
        usable = broker.scheme == 'https' and broker.hostname
        return 200, {'broker': 'ok' if usable else 'unusable address', 'database': 'ok'}

    def totals(self, _body):
        return 200, self.store.totals()

    def mint(self, body):
        wanted = json.loads(body)
        key, symbol, amount = wanted['id'], wanted['symbol'], wanted['amount']
        if not isinstance(amount, int) or amount < 1:
            return 400, {'error': 'amount must be a whole number above 0'}
        is_new = self.store.issue(key, symbol, amount)
        return 200, {'id': key, 'status': 'done' if is_new else 'done before'}

    def answer(self, method, path, headers, body):
        pages = {
            'GET /': self.home,
            'GET /health': self.health,
            'GET /status': self.status,
            'GET /issuances': self.totals,
            'POST /mint': self.mint,
        }
        page = pages.get(f'{method} {path}')
        if page is None:
            return 404, {'error': 'no such page'}
        if method == 'POST' and not hmac.compare_digest(headers.get('x-api-key', ''), self.key):
            return 401, {'error': 'a key is needed'}
        try:
            return page(body)
        except (KeyError, TypeError, ValueError):
            return 400, {'error': 'id, symbol and amount are needed, as JSON'}
        except Exception as error:
            return 503, {'error': str(error)}


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, port, bot):
        super().__init__(('', port), Handler)
        self.bot = bot
        self.stopping = False
        self.in_flight = 0
        self.changed = Condition()

    def finish(self):
        """Answers what is under way, and takes no more."""
        self.stopping = True
        self.shutdown()
        with self.changed:
            self.changed.wait_for(lambda: self.in_flight == 0, timeout=20)


class Handler(BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'
    disable_nagle_algorithm = True
    timeout = 75

    def do_GET(self):
        self.reply()

    do_POST = do_GET

    def reply(self):
        length = int(self.headers.get('content-length') or 0)
        body = self.rfile.read(min(length, BODY_MAX))
        with self.server.changed:
            self.server.in_flight += 1
        try:
            path = urlsplit(self.path).path
            self.send(*self.server.bot.answer(self.command, path, self.headers, body))
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
        if self.server.stopping:
            self.send_header('connection', 'close')
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def main(environment):
    folder = environment.get('DATA_FOLDER', '/data')
    lock = hold_alone(folder)
    store = Store(os.path.join(folder, 'issuance.db'))
    # Its events are read again from the chain before it answers.
    time.sleep(float(environment.get('START_SECONDS', '1')))
    server = Server(8000, Bot(environment, store))
    stop = lambda *_: Thread(target=server.finish).start()
    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    print(f'issuance-bot {VERSION} listens on 8000', flush=True)
    server.serve_forever()
    server.finish()
    time.sleep(float(environment.get('STOP_SECONDS', '0.5')))
    store.close()
    lock.close()
    print('done', flush=True)


if __name__ == '__main__':
    sys.exit(main(os.environ))
