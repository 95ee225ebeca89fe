import json
import socket
import struct
import unittest
from threading import Thread

from agent import migrate
from agent.postgres import DatabaseError, Postgres, Scram, columns, error_text, quoted
from agent.server import Agent
from agent.tasks import read_command


class Memory:
    """In place of the database: what was asked of it, and rows to answer with."""

    def __init__(self, *answers):
        self.asked = []
        self.answers = list(answers)

    def ask(self, text, *values):
        self.asked.append(text.format(*map(quoted, values)))
        answer = self.answers.pop(0) if self.answers else []
        if isinstance(answer, Exception):
            raise answer
        return answer


MASTER = {'MASTER_CHAT_ID': '7', 'TELEGRAM_API_TOKEN': 'token'}


def ask(method, path, body=None, *rows):
    return Agent(Memory(*rows), MASTER).answer(method, path, json.dumps(body))


def telegram(text, *rows, chat=7):
    message = {'message': {'chat': {'id': chat}, 'text': text}}
    return ask('POST', '/telegram', message, *rows)


class Commands(unittest.TestCase):
    def test_are_read_with_what_they_are_about(self):
        self.assertEqual(read_command('/add water the plants'), ('add', 'water the plants'))
        self.assertEqual(read_command('/list@agent_bot'), ('list', ''))
        self.assertIsNone(read_command('hello'))
        self.assertIsNone(read_command('/format c:'))

    def test_are_obeyed_of_the_master_alone(self):
        self.assertEqual(telegram('/add x', chat=8)[0], 403)
        self.assertEqual(telegram('/add x', [('3',)])[1]['text'], 'noted as 3')
        self.assertEqual(telegram('/done 3', [('x',)])[1]['text'], 'done: x')
        self.assertEqual(telegram('/done 4', [])[1]['text'], 'no such task')
        self.assertEqual(telegram('/list', [('3', 'x')])[1]['text'], '3 x')
        self.assertIn('/add', telegram('what?')[1]['text'])


class TheAgent(unittest.TestCase):
    def test_is_healthy_with_its_schema_alone(self):
        self.assertEqual(ask('GET', '/health', None, [('schema_version',)], [('99',)])[0], 200)
        self.assertEqual(ask('GET', '/health', None, [(None,)])[0], 503)

    def test_says_what_is_wrong(self):
        self.assertEqual(ask('GET', '/tasks', None, DatabaseError('gone'))[0], 503)
        self.assertEqual(ask('POST', '/tasks', {})[0], 400)
        self.assertEqual(ask('GET', '/nothing')[0], 404)
        self.assertEqual(ask('GET', '/bot')[1], {'bot': 'configured'})

    def test_keeps_tasks(self):
        self.assertEqual(ask('POST', '/tasks', {'title': 'x'}, [('5',)]), (200, {'id': 5}))
        tasks = [{'id': 5, 'title': 'x'}]
        self.assertEqual(ask('GET', '/tasks', None, [('5', 'x')]), (200, {'tasks': tasks}))


class Migrations(unittest.TestCase):
    def test_apply_what_is_missing_in_its_order(self):
        memory = Memory([], [('v',)], [('1',)], [('v',)], [('1',)], [])
        migrate.upgrade(memory, {2: 'SECOND', 1: 'FIRST'})
        self.assertIn('BEGIN; SECOND; INSERT INTO schema_version VALUES (2); COMMIT', memory.asked)
        self.assertNotIn('FIRST', ' '.join(memory.asked))

    def test_go_back_by_one(self):
        memory = Memory([('v',)], [('99',)])
        self.assertEqual(migrate.main(['downgrade'], memory), 1)
        memory = Memory([('v',)], [('1',)])
        self.assertEqual(migrate.main(['downgrade'], memory), 0)
        self.assertIn('DROP TABLE tasks', memory.asked[-1])

    def test_have_each_a_way_back(self):
        self.assertEqual(migrate.known('up').keys(), migrate.known('down').keys())

    def test_tell_where_they_are(self):
        self.assertEqual(migrate.main(['current'], Memory([(None,)])), 0)
        self.assertEqual(migrate.main([], Memory()), 2)


def told(kind, body):
    return kind + struct.pack('!i', len(body) + 4) + body


def answer_once(server):
    """A database that repeats what it is asked, knows no table that is missing, and goes."""
    link, _ = server.accept()
    with link, link.makefile('rb') as asked:
        asked.read(struct.unpack('!i', asked.read(4))[0] - 4)
        link.sendall(told(b'R', struct.pack('!i', 0)) + told(b'Z', b'I'))
        for _ in range(2):
            text = asked.read(struct.unpack('!i', asked.read(5)[1:])[0] - 4)[:-1]
            row = struct.pack('!hi', 1, len(text)) + text
            error = b'SERROR\0Mno such table\0\0'
            link.sendall(told(b'E', error) if b'missing' in text else told(b'D', row))
            link.sendall(told(b'Z', b'I'))


class TheDatabase(unittest.TestCase):
    def test_values_cannot_leave_their_quotes(self):
        self.assertEqual([quoted(x) for x in ("it's", 3, None)], ["'it''s'", '3', 'NULL'])

    def test_signs_in_as_the_standard_says(self):
        # The example of RFC 7677, whose user name stands in the first message.
        scram = Scram('pencil', 'rOprNGfwEbeRWgbNEkqO')
        scram.bare = 'n=user,r=rOprNGfwEbeRWgbNEkqO'
        nonce = 'rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0'
        final = scram.final(f'r={nonce},s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096')
        self.assertTrue(final.endswith('p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ='))

    def test_is_asked_and_answers_over_its_own_protocol(self):
        with socket.create_server(('127.0.0.1', 0)) as server:
            Thread(target=answer_once, args=(server,)).start()
            database = Postgres(f'postgresql://me:secret@127.0.0.1:{server.getsockname()[1]}/mine')
            self.assertEqual(database.ask('SELECT {}', "it's"), [("SELECT 'it''s'",)])
            with self.assertRaisesRegex(DatabaseError, 'no such table'):
                database.ask('SELECT missing')
            with self.assertRaisesRegex(DatabaseError, 'closed'):
                database.ask('SELECT 1')
            database.close()

    def test_reads_rows_and_errors(self):
        row = struct.pack('!hi', 2, 1) + b'a' + struct.pack('!i', -1)
        self.assertEqual(columns(row), ('a', None))
        self.assertEqual(error_text(b'SERROR\0C42P01\0Mno such table\0\0'), 'no such table')


if __name__ == '__main__':
    unittest.main()
