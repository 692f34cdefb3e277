"""Questions to Airflow's database, asked without loading Airflow: that takes seconds of a processor each time.

Where it is, and who may ask, is an address in the file that DATABASE_URI_FILE names, the password included.
"""

import json
import os
from pathlib import Path

import psycopg

HEADS = Path(__file__).with_name("heads.json")


def connect() -> psycopg.Connection:
    # Read each time: a replaced password is there before this pod is replaced.
    address = Path(os.environ["DATABASE_URI_FILE"]).read_text()
    return psycopg.connect(address, connect_timeout=5, autocommit=True)


def behind(connection: psycopg.Connection) -> list[str]:
    """What the database lacks of this version's tables: one line for each set of migrations."""
    lacking = []
    for table, heads in json.loads(HEADS.read_text()).items():
        there = connection.execute("SELECT to_regclass(%s) IS NOT NULL", [table]).fetchone()
        found: list[str] = []
        if there and there[0]:
            found = [row[0] for row in connection.execute(f"SELECT version_num FROM {table}")]
        if sorted(found) != sorted(heads):
            lacking.append(f"{table} is {', '.join(found) or 'missing'}, needed {', '.join(heads)}")
    return lacking
