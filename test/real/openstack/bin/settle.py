"""Moves a seed to this run: `pack` puts marks in the place of ports and
directory, `unpack` the ports and the directory of this run in their place.

What it saves: Keystone's own bootstrap and eighty requests, which find out
that all is there but for the ports.
usage: settle.py pack|unpack DIRECTORY
"""
import os
import sqlite3
import sys

E = os.environ
verb, directory = sys.argv[1:]
PAIRS = [(':' + E[name], '@%s@' % name) for name in
         ('RM_KEYSTONE_PORT', 'RM_MAGNUM_PORT', 'RM_STUB_PORT')]
PAIRS.append((E['RM_VAR'] + '/', '@RM_VAR@/'))
if verb == 'unpack':
    PAIRS = [(mark, here) for here, mark in PAIRS]

credentials = os.path.join(directory, 'creds.env')
with open(credentials) as f:
    text = f.read()
for old, new in PAIRS:
    text = text.replace(old, new)
with open(credentials, 'w') as f:
    f.write(text)

database = sqlite3.connect(os.path.join(directory, 'state/keystone.sqlite'))
with database:
    for old, new in PAIRS:
        database.execute('UPDATE endpoint SET url = replace(url, ?, ?)',
                         (old, new))
database.close()
