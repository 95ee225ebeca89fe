"""What the bot remembers: one SQLite file, which only one process may have open."""

import fcntl
import os
import re
import sqlite3
import sys
from threading import Lock

MIGRATIONS = os.path.join(os.path.dirname(__file__), 'migrations')


def hold_alone(folder):
    """Takes the lock on the data folder, or leaves: two bots would issue everything twice."""
    lock = open(os.path.join(folder, 'lock'), 'a')
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        with open(os.path.join(folder, 'refused'), 'a') as told:
            told.write(f'{os.uname().nodename}\n')
        print('another bot has this data folder: leaving', flush=True)
        sys.exit(9)
    return lock


def migrations(folder=MIGRATIONS):
    """Number and text of each migration, in order."""
    found = []
    for name in sorted(os.listdir(folder)):
        numbered = re.match(r'(\d+)_.*\.sql$', name)
        if numbered:
            with open(os.path.join(folder, name)) as file:
                found.append((int(numbered[1]), file.read()))
    return found


class Store:
    def __init__(self, path):
        self.database = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self.database.execute('PRAGMA journal_mode = WAL')
        self.one_at_a_time = Lock()

    def ask(self, text, values=()):
        with self.one_at_a_time:
            return self.database.execute(text, values).fetchall()

    @property
    def schema(self):
        return self.ask('PRAGMA user_version')[0][0]

    def migrate(self, known):
        """Applies what the file lacks, each whole or not at all."""
        for number, text in known:
            if number > self.schema:
                wrapped = f'BEGIN; {text}; PRAGMA user_version = {number}; COMMIT;'
                try:
                    with self.one_at_a_time:
                        self.database.executescript(wrapped)
                except sqlite3.Error:
                    self.database.rollback()
                    raise
                print(f'schema {number}', flush=True)

    def issue(self, key, symbol, amount):
        """Whether it is new: what was issued already is not issued again."""
        statement = 'INSERT OR IGNORE INTO issuances (id, symbol, amount) VALUES (?, ?, ?) RETURNING 1'
        return self.ask(statement, (key, symbol, amount)) != []

    def totals(self):
        count, total = self.ask('SELECT count(*), coalesce(sum(amount), 0) FROM issuances')[0]
        return {'count': count, 'total': total}

    def close(self):
        with self.one_at_a_time:
            self.database.execute('PRAGMA wal_checkpoint(TRUNCATE)')
            self.database.close()
