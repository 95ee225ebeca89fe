"""What is run beside the server: python -m school.manage migrate | showmigrations | collectstatic"""

import hashlib
import os
import re
import shutil
import sys

from .postgres import DatabaseError, Postgres

HERE = os.path.dirname(__file__)


def migrations():
    found = {}
    for name in sorted(os.listdir(os.path.join(HERE, 'migrations'))):
        match = re.fullmatch(r'(\d+)_.*\.sql', name)
        if match:
            with open(os.path.join(HERE, 'migrations', name)) as file:
                found[int(match[1])] = file.read()
    return found


def schema(database):
    if database.ask("SELECT to_regclass('schema_version')")[0][0] is None:
        return 0
    return int(database.ask('SELECT coalesce(max(number), 0) FROM schema_version')[0][0])


def migrate(database):
    """Applies what is missing, each whole or not at all."""
    database.ask('CREATE TABLE IF NOT EXISTS schema_version (number integer PRIMARY KEY)')
    for number, text in sorted(migrations().items()):
        if number > schema(database):
            print(f'migrating to {number}', flush=True)
            note = f'INSERT INTO schema_version VALUES ({number})'
            escaped = text.replace('{', '{{').replace('}', '}}')
            database.ask(f'BEGIN; {escaped}; {note}; COMMIT')


def collect_static(folder):
    """Each file under a name that changes with what is in it, so that releases share the folder."""
    source = os.path.join(HERE, 'static')
    for name in sorted(os.listdir(source)):
        with open(os.path.join(source, name), 'rb') as file:
            mark = hashlib.sha256(file.read()).hexdigest()[:8]
        stem, ending = os.path.splitext(name)
        for target in (name, f'{stem}.{mark}{ending}'):
            shutil.copyfile(os.path.join(source, name), os.path.join(folder, f'.{target}'))
            os.replace(os.path.join(folder, f'.{target}'), os.path.join(folder, target))
            print(f'collected {target}', flush=True)


def main(words):
    database = Postgres(os.environ['DATABASE_URL'])
    try:
        if words == ['migrate']:
            migrate(database)
        elif words == ['showmigrations']:
            print(schema(database))
        elif words == ['collectstatic']:
            collect_static(os.environ.get('STATIC_FOLDER', '/static'))
        else:
            print(__doc__)
            return 2
    except DatabaseError as error:
        print(f'error: {error}', file=sys.stderr)
        return 1
    return 0


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
