"""What the agent is told to do, by its master in Telegram or over HTTP, and what became of it."""

import re

COMMANDS = {'add': 'adds a task', 'done': 'ends one', 'list': 'lists what is open'}


def read_command(text):
    """`/add water the plants` → ('add', 'water the plants'); None for what is no command."""
    match = re.fullmatch(r'/(\w+)(?:@\w+)?(?:\s+(.+))?', text.strip(), re.S)
    if match is None or match[1] not in COMMANDS:
        return None
    return match[1], (match[2] or '').strip()


class Tasks:
    def __init__(self, database):
        self.database = database

    def add(self, title):
        rows = self.database.ask('INSERT INTO tasks (title) VALUES ({}) RETURNING id', title)
        return int(rows[0][0])

    def done(self, number):
        rows = self.database.ask(
            "UPDATE tasks SET state = 'done' WHERE id = {} RETURNING title", number
        )
        return rows[0][0] if rows else None

    def open(self):
        rows = self.database.ask("SELECT id, title FROM tasks WHERE state = 'open' ORDER BY id")
        return [{'id': int(number), 'title': title} for number, title in rows]

    def obey(self, text):
        """Carries out a command, and says what to answer."""
        read = read_command(text)
        if read is None:
            return ', '.join(f'/{name} {what}' for name, what in COMMANDS.items())
        name, rest = read
        if name == 'add':
            return f'noted as {self.add(rest)}' if rest else 'add what?'
        if name == 'done':
            title = self.done(int(rest)) if rest.isdecimal() else None
            return f'done: {title}' if title else 'no such task'
        return '\n'.join(f'{task["id"]} {task["title"]}' for task in self.open()) or 'nothing open'
