"""The platform's API: lessons, sign-in, health and readiness, and metrics for Prometheus."""

import hmac
import json
import os
import secrets
import signal
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Condition, Thread

from . import manage
from .postgres import Postgres
from .redis import Redis

VERSION = open(os.path.join(os.path.dirname(__file__), '..', 'version')).read().strip()


class School:
    def __init__(self, database, cache, settings):
        self.database = database
        self.cache = cache
        self.teacher = (settings.get('TEACHER_EMAIL'), settings.get('TEACHER_PASSWORD', ''))
        self.needs = max(manage.migrations())

    def health(self, _):
        return 200, {'status': 'ok', 'version': VERSION}

    def readiness(self, _):
        schema = manage.schema(self.database)
        parts = {
            'database': 'ok' if schema >= self.needs else 'old schema',
            'cache': 'ok' if self.cache.ask('PING') == 'PONG' else 'ill',
        }
        ready = set(parts.values()) == {'ok'}
        return (200 if ready else 503), {**parts, 'schema': schema}

    def sign_in(self, body):
        email, password = self.teacher
        known = body['email'] == email and hmac.compare_digest(body['password'], password)
        if not known or not password:
            return 401, {'error': 'no such teacher, or another password'}
        session = secrets.token_urlsafe(16)
        self.cache.ask('SET', f'session:{session}', email, 'EX', 3600)
        return 200, {'session': session}

    def add_lesson(self, body):
        rows = self.database.ask('INSERT INTO lessons (title) VALUES ({}) RETURNING id', body['title'])
        number = int(rows[0][0])
        self.cache.ask('RPUSH', 'reports', number)
        return 200, {'id': number}

    def lessons(self, _):
        lessons = self.database.ask('SELECT id, title FROM lessons ORDER BY id')
        reports = self.database.ask('SELECT count(*) FROM reports')[0][0]
        titles = [title for _, title in lessons]
        return 200, {'lessons': titles, 'reports': int(reports)}

    def metrics(self, _):
        count = self.database.ask('SELECT count(*) FROM lessons')[0][0]
        waiting = self.cache.ask('LLEN', 'reports')
        return 200, (
            f'school_info{{version="{VERSION}"}} 1\n'
            f'school_lessons_total {count}\nschool_reports_waiting {waiting}\n'
        )

    def answer(self, method, path, body):
        pages = {
            'GET /api/system/health/': self.health,
            'GET /api/system/readiness/': self.readiness,
            'POST /api/auth/login/': self.sign_in,
            'GET /api/lessons/': self.lessons,
            'POST /api/lessons/': self.add_lesson,
            'GET /metrics': self.metrics,
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
            self.send(*self.server.school.answer(self.command, self.path, body))

    do_POST = do_GET

    def send(self, status, data):
        is_text = isinstance(data, str)
        text = (data if is_text else json.dumps(data)).encode()
        self.send_response(status)
        self.send_header('content-type', 'text/plain' if is_text else 'application/json')
        self.send_header('content-length', str(len(text)))
        self.send_header('x-content-type-options', 'nosniff')
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

    def __init__(self, port, school):
        super().__init__(('', port), Handler)
        self.school = school
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
    database, cache = Postgres(settings['DATABASE_URL']), Redis(settings['REDIS_HOST'])
    time.sleep(float(settings.get('START_SECONDS', '1')))
    server = Server(8000, School(database, cache, settings))
    signal.signal(signal.SIGTERM, lambda *_: Thread(target=server.finish).start())
    print(f'school {VERSION} listens on 8000', flush=True)
    server.serve_forever()
    server.finish()
    print('done', flush=True)


if __name__ == '__main__':
    main(os.environ)
