"""The agent: takes tasks over HTTP, and as commands of its master from Telegram's webhook."""

import json
import os
import signal
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Condition, Thread

from . import migrate
from .postgres import Postgres
from .tasks import Tasks

VERSION = open(os.path.join(os.path.dirname(__file__), '..', 'version')).read().strip()


class Agent:
    def __init__(self, database, settings):
        self.database = database
        self.tasks = Tasks(database)
        self.master = settings.get('MASTER_CHAT_ID', '')
        self.bot = settings.get('TELEGRAM_API_TOKEN', '')
        self.needs = max(migrate.known('up'))

    def health(self, _body):
        schema = migrate.current(self.database)
        healthy = schema >= self.needs
        data = {'status': 'ok' if healthy else 'old schema', 'version': VERSION, 'schema': schema}
        return (200 if healthy else 503), data

    def bot_status(self, _body):
        return 200, {'bot': 'configured' if self.bot and self.master else 'off'}

    def open_tasks(self, _body):
        return 200, {'tasks': self.tasks.open()}

    def add_task(self, body):
        return 200, {'id': self.tasks.add(body['title'])}

    def webhook(self, body):
        message = body['message']
        if str(message['chat']['id']) != self.master:
            return 403, {'error': 'only the master is obeyed'}
        text = self.tasks.obey(message['text'])
        return 200, {'method': 'sendMessage', 'chat_id': self.master, 'text': text}

    def answer(self, method, path, body):
        pages = {
            'GET /health': self.health,
            'GET /bot': self.bot_status,
            'GET /tasks': self.open_tasks,
            'POST /tasks': self.add_task,
            'POST /telegram': self.webhook,
        }
        page = pages.get(f'{method} {path}')
        if page is None:
            return 404, {'error': 'no such page'}
        try:
            return page(json.loads(body) if method == 'POST' else None)
        except (KeyError, TypeError, ValueError):
            return 400, {'error': 'that is not what is needed here'}
        except Exception as error:
            return 503, {'error': str(error)}


class Handler(BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'
    disable_nagle_algorithm = True
    timeout = 75

    def do_GET(self):
        body = self.rfile.read(int(self.headers.get('content-length') or 0))
        with self.server.under_way():
            self.send(*self.server.agent.answer(self.command, self.path, body))

    do_POST = do_GET

    def send(self, status, data):
        text = json.dumps(data).encode()
        self.send_response(status)
        self.send_header('content-type', 'application/json')
        self.send_header('content-length', str(len(text)))
        if self.server.stopping:
            self.send_header('connection', 'close')
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_):
        pass


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128
    stopping = False

    def __init__(self, port, agent):
        super().__init__(('', port), Handler)
        self.agent = agent
        self.in_flight = 0
        self.changed = Condition()

    @contextmanager
    def under_way(self):
        with self.changed:
            self.in_flight += 1
        try:
            yield
        finally:
            with self.changed:
                self.in_flight -= 1
                self.changed.notify_all()

    def finish(self):
        """Answers what is under way, and takes no more."""
        self.stopping = True
        self.shutdown()
        with self.changed:
            self.changed.wait_for(lambda: self.in_flight == 0, timeout=20)


def main(settings):
    database = Postgres(settings['DATABASE_URL'])
    time.sleep(float(settings.get('START_SECONDS', '1')))
    server = Server(8000, Agent(database, settings))
    signal.signal(signal.SIGTERM, lambda *_: Thread(target=server.finish).start())
    print(f'server-agent {VERSION} listens on 8000', flush=True)
    server.serve_forever()
    server.finish()
    time.sleep(float(settings.get('STOP_SECONDS', '0.3')))
    database.close()
    print('done', flush=True)


if __name__ == '__main__':
    main(os.environ)
