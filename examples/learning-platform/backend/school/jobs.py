"""What is done apart from requests: python -m school.jobs worker | beat"""

import os
import signal
import sys
import time
from threading import Event

from .postgres import DatabaseError, Postgres
from .redis import Redis, RedisError

stopping = Event()


def work(database, cache):
    """Writes the reports that wait. One that was begun is finished before it ends."""
    number = cache.ask('LMOVE', 'reports', 'reports:begun', 'LEFT', 'RIGHT')
    if number is None:
        stopping.wait(0.2)
        return
    time.sleep(0.1)
    database.ask(
        'INSERT INTO reports SELECT id, upper(title) FROM lessons WHERE id = {} '
        'ON CONFLICT DO NOTHING',
        int(number),
    )
    cache.ask('LREM', 'reports:begun', 1, number)
    print(f'report {number} is written', flush=True)


def recover(cache):
    """What a worker that died had begun is done again."""
    while cache.ask('LMOVE', 'reports:begun', 'reports', 'RIGHT', 'LEFT') is not None:
        pass


def beat(database, _cache):
    database.ask('INSERT INTO ticks DEFAULT VALUES')
    stopping.wait(1)


def main(words, settings):
    database, cache = Postgres(settings['DATABASE_URL']), Redis(settings['REDIS_HOST'])
    signal.signal(signal.SIGTERM, lambda *_: stopping.set())
    if words == ['worker']:
        recover(cache)
    job = {'worker': work, 'beat': beat}[words[0]]
    print(f'{words[0]} is ready', flush=True)
    while not stopping.is_set():
        try:
            job(database, cache)
        except (DatabaseError, RedisError) as error:
            print(f'again in a second: {error}', flush=True)
            stopping.wait(1)
    print('done', flush=True)


if __name__ == '__main__':
    main(sys.argv[1:], os.environ)
