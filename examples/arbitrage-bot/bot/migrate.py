"""`python -m bot.migrate`: brings the book to the schema of this release; `version` tells it."""

import os
import sys

from .book import Book, alone

folder = os.environ.get('DATA_FOLDER', '/data')
if sys.argv[1:] == ['version']:
    path = os.path.join(folder, 'book.db')
    print(Book(path).schema() if os.path.exists(path) else 0)
else:
    lock = alone(folder)
    book = Book(os.path.join(folder, 'book.db'))
    book.migrate()
    book.close()
