"""`python -m bot.migrate`: brings the schema to where this release needs it; `version` tells it."""

import os
import sys

from .store import Store, hold_alone, migrations

folder = os.environ.get('DATA_FOLDER', '/data')
path = os.path.join(folder, 'issuance.db')
if sys.argv[1:] == ['version']:
    print(Store(path).schema if os.path.exists(path) else 0)
else:
    lock = hold_alone(folder)
    store = Store(path)
    store.migrate(migrations())
    store.close()
