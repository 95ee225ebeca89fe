import json
import os
import tempfile
import unittest

from bot.server import Bot
from bot.store import Store, migrations

SETTINGS = {'SERVER_API_KEY': 'key', 'ALPACA_BASE_URL': 'https://broker.example.com'}


class ABot(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.store = Store(os.path.join(self.folder.name, 'issuance.db'))
        self.store.migrate(migrations())
        self.bot = Bot(SETTINGS, self.store)

    def tearDown(self):
        self.store.close()
        self.folder.cleanup()

    def ask(self, method, path, key='key', **body):
        return self.bot.answer(method, path, {'x-api-key': key}, json.dumps(body))

    def test_issues_once_however_often_it_is_asked(self):
        wanted = {'id': 'a', 'symbol': 'tAAPL', 'amount': 3}
        self.assertEqual(self.ask('POST', '/mint', **wanted)[1]['status'], 'done')
        self.assertEqual(self.ask('POST', '/mint', **wanted)[1]['status'], 'done before')
        self.assertEqual(self.ask('GET', '/issuances'), (200, {'count': 1, 'total': 3}))

    def test_issues_nothing_without_the_key(self):
        wanted = {'id': 'a', 'symbol': 'tAAPL', 'amount': 3}
        self.assertEqual(self.ask('POST', '/mint', key='other', **wanted)[0], 401)
        self.assertEqual(self.store.totals()['count'], 0)

    def test_refuses_what_it_cannot_read(self):
        self.assertEqual(self.ask('POST', '/mint', id='a')[0], 400)
        self.assertEqual(self.ask('POST', '/mint', id='a', symbol='b', amount=-1)[0], 400)

    def test_is_healthy_with_its_schema_alone(self):
        self.assertEqual(self.ask('GET', '/health')[0], 200)
        self.bot.needs += 1
        self.assertEqual(self.ask('GET', '/health')[0], 503)


if __name__ == '__main__':
    unittest.main()
