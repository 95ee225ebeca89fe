"""Numbered migrations, up and down, as Alembic does them.

python -m agent.migrate upgrade     what is missing, each in a transaction
python -m agent.migrate downgrade   takes the last one back
python -m agent.migrate current     tells where the database is
"""

import os
import re
import sys

from .postgres import DatabaseError, Postgres

FOLDER = os.path.join(os.path.dirname(__file__), 'migrations')


def known(way, folder=FOLDER):
    """Number and text of each migration, `up` or `down`."""
    found = {}
    for name in sorted(os.listdir(folder)):
        match = re.fullmatch(rf'(\d+)_.*\.{way}\.sql', name)
        if match:
            with open(os.path.join(folder, name)) as file:
                found[int(match[1])] = file.read()
    return found


def current(database):
    if database.ask("SELECT to_regclass('schema_version')")[0][0] is None:
        return 0
    return int(database.ask('SELECT coalesce(max(number), 0) FROM schema_version')[0][0])


def apply(database, text, note):
    database.ask('BEGIN; ' + text.replace('{', '{{').replace('}', '}}') + f'; {note}; COMMIT')


def upgrade(database, migrations):
    database.ask('CREATE TABLE IF NOT EXISTS schema_version (number integer PRIMARY KEY)')
    for number, text in sorted(migrations.items()):
        if number > current(database):
            apply(database, text, f'INSERT INTO schema_version VALUES ({number})')
            print(f'upgraded to {number}')


def downgrade(database, migrations):
    number = current(database)
    if number == 0:
        return
    if number not in migrations:
        raise DatabaseError(f'there is no way back from {number}')
    apply(database, migrations[number], f'DELETE FROM schema_version WHERE number = {number}')
    print(f'downgraded from {number}')


def main(words, database):
    try:
        if words == ['current']:
            print(current(database))
        elif words == ['downgrade']:
            downgrade(database, known('down'))
        elif words == ['upgrade']:
            upgrade(database, known('up'))
        else:
            print(__doc__)
            return 2
    except DatabaseError as error:
        print(f'error: {error}', file=sys.stderr)
        return 1
    return 0


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:], Postgres(os.environ['DATABASE_URL'])))
