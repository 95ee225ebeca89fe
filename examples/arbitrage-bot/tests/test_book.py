import os
import tempfile
import unittest

from bot.book import Book


class ABook(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.book = Book(os.path.join(self.folder.name, 'book.db'))
        self.book.migrate()

    def tearDown(self):
        self.book.close()
        self.folder.cleanup()

    def test_hedges_each_trade_once(self):
        self.book.add('a', 5)
        self.book.add('a', 5)
        self.assertEqual(self.book.position(), {'trades': 1, 'hedges': 0, 'open': 5})
        self.assertEqual([self.book.hedge('me'), self.book.hedge('me')], [1, 0])
        self.assertEqual(self.book.position(), {'trades': 1, 'hedges': 1, 'open': 0})

    def test_is_migrated_once(self):
        schema = self.book.schema()
        self.book.migrate()
        self.assertEqual((self.book.schema(), schema > 0), (schema, True))
        self.book.check()


if __name__ == '__main__':
    unittest.main()
