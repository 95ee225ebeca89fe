"""The bot's book: trades that it saw and hedges that it made, in one SQLite file of one process."""

import fcntl
import os
import sqlite3
import sys
from threading import RLock

HERE = os.path.dirname(__file__)


def alone(folder):
    """The lock on the data folder. A second bot would hedge each trade again: it leaves."""
    lock = open(os.path.join(folder, 'lock'), 'a')
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        with open(os.path.join(folder, 'refused'), 'a') as told:
            told.write(f'{os.uname().nodename}\n')
        sys.exit('another bot has this data folder: leaving')
    return lock


def steps():
    """Number and text of each migration, in order."""
    folder = os.path.join(HERE, 'migrations')
    for name in sorted(os.listdir(folder)):
        if name.endswith('.sql'):
            with open(os.path.join(folder, name)) as file:
                yield int(name.split('_')[0]), file.read()


class Book:
    def __init__(self, path):
        self.file = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self.lock = RLock()

    def ask(self, text, *values):
        with self.lock:
            return self.file.execute(text, values).fetchall()

    def schema(self):
        return self.ask('PRAGMA user_version')[0][0]

    def migrate(self):
        for number, text in steps():
            if number > self.schema():
                script = f'BEGIN; {text}; PRAGMA user_version = {number}; COMMIT'
                with self.lock:
                    self.file.executescript(script)
                print(f'schema {number}', flush=True)

    def add(self, trade, shares):
        self.ask('INSERT OR IGNORE INTO trades (id, shares) VALUES (?, ?)', trade, shares)

    def hedge(self, by):
        """Hedges what is not hedged yet; how many that were."""
        with self.lock:
            open_trades = self.ask(
                'SELECT id, shares FROM trades WHERE id NOT IN (SELECT trade FROM hedges) LIMIT 100'
            )
            self.file.execute('BEGIN')
            for trade, shares in open_trades:
                self.ask('INSERT INTO hedges (trade, shares, by) VALUES (?, ?, ?)', trade, -shares, by)
            self.file.execute('COMMIT')
            return len(open_trades)

    def position(self):
        trades, bought = self.ask('SELECT count(*), coalesce(sum(shares), 0) FROM trades')[0]
        hedges, sold = self.ask('SELECT count(*), coalesce(sum(shares), 0) FROM hedges')[0]
        return {'trades': trades, 'hedges': hedges, 'open': bought + sold}

    def check(self):
        """Fails where the book cannot be read."""
        self.ask('SELECT count(*) FROM hedges')

    def close(self):
        with self.lock:
            self.file.close()
