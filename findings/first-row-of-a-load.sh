#!/usr/bin/env bash
# The first row of a load, where a Singer target writes a CSV file and DuckDB reads it.
#
# Versions   target-duckdb 0.8.0 (asks for duckdb>=1.0.0) with duckdb 1.2.2 and 2.0.1
# Input      a valid stream of three tickets with a date-time each: with an offset, with Z, and without either
# Guess      three rows arrive, whatever the version and the offset
# Behaviour  from DuckDB 1.3 on two of three arrive where the time has an offset or Z, exit code 0, and the log says
#            "Loading 3 rows". The target's COPY leaves it to DuckDB to find out whether the file has a header. The table's
#            column is TIMESTAMP; such a text is sniffed as TIMESTAMP WITH TIME ZONE since 1.3, so the first row does not fit
#            the table and is taken for names. The others are cast without complaint. It is the first row of each load, so one
#            of every batch.
# Way out    COPY … WITH (header false); until then duckdb<1.3 beside the target
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
for version in 1.2.2 2.0.1; do
    python3 -m venv "$folder/$version"
    "$folder/$version/bin/pip" install --quiet --disable-pip-version-check target-duckdb==0.8.0 duckdb==$version
done
cd "$folder"
echo '{"filepath": "books.duckdb", "database": "books", "default_target_schema": "main"}' > config.json

messages() {
    echo '{"type": "SCHEMA", "stream": "tickets", "key_properties": ["id"], "schema": {"type": "object", "properties":
        {"id": {"type": "string"}, "created_at": {"type": "string", "format": "date-time"}}}}' | tr -d '\n'
    echo
    for number in 1 2 3; do
        echo '{"type": "RECORD", "stream": "tickets", "record": {"id": "T-'$number'", "created_at": "2026-03-01T10:00:0'$number$1'"}}'
    done
}

seen() {
    for version in 1.2.2 2.0.1; do
        for offset in -07:00 Z ""; do
            rm -f books.duckdb
            code=0
            messages "$offset" | $version/bin/target-duckdb --config config.json > out 2> log || code=$?
            echo "duckdb $version, offset '$offset': exit code $code, $(grep -o 'Loading . rows' log), arrived $($version/bin/python -c '
import duckdb
print(*(row[0] for row in duckdb.connect("books.duckdb").execute("select id from tickets order by id").fetchall()))')"
        done
    done
}
diff - <(seen) << 'SEEN' || { tail -5 log; exit 1; }
duckdb 1.2.2, offset '-07:00': exit code 0, Loading 3 rows, arrived T-1 T-2 T-3
duckdb 1.2.2, offset 'Z': exit code 0, Loading 3 rows, arrived T-1 T-2 T-3
duckdb 1.2.2, offset '': exit code 0, Loading 3 rows, arrived T-1 T-2 T-3
duckdb 2.0.1, offset '-07:00': exit code 0, Loading 3 rows, arrived T-2 T-3
duckdb 2.0.1, offset 'Z': exit code 0, Loading 3 rows, arrived T-2 T-3
duckdb 2.0.1, offset '': exit code 0, Loading 3 rows, arrived T-1 T-2 T-3
SEEN
echo "as it was seen"
