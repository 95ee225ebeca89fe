"""Runs the tests, and writes which lines of the agent they reached, as LCOV."""

import glob
import os
import sys
import threading
import unittest

reached = {}


def of_ours(frame, event, _):
    name = frame.f_code.co_filename
    if '/agent/' not in name:
        return None
    if event == 'line':
        reached.setdefault(os.path.realpath(name), set()).add(frame.f_lineno)
    return of_ours


def lines_of(code):
    lines = {line for _, _, line in code.co_lines() if line}
    for inner in code.co_consts:
        if hasattr(inner, 'co_lines'):
            lines |= lines_of(inner)
    return lines


def write(file):
    for path in sorted(glob.glob('agent/*.py')):
        with open(path) as source:
            wanted = lines_of(compile(source.read(), path, 'exec'))
        hit = reached.get(os.path.realpath(path), set())
        file.write(f'SF:{path}\n')
        for line in sorted(wanted):
            file.write(f'DA:{line},{int(line in hit)}\n')
        file.write(f'LF:{len(wanted)}\nLH:{len(wanted & hit)}\nend_of_record\n')


threading.settrace(of_ours)
sys.settrace(of_ours)
tests = unittest.defaultTestLoader.discover('tests', top_level_dir='.')
result = unittest.TextTestRunner(verbosity=2).run(tests)
sys.settrace(None)
with open('coverage.lcov', 'w') as file:
    write(file)
sys.exit(not result.wasSuccessful())
