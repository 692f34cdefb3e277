"""Makes the pools that POOLS names, and gives them what it says; others stay as they are.

POOLS is JSON as `airflow pools import` takes it: slots, description and include_deferred by name.
"""

import json
import os
import tempfile
from pathlib import Path

from platform_airflow.database import connect


def changed(wanted: dict[str, dict]) -> list[str]:
    """Names of those that are not there, or otherwise."""
    with connect() as connection:
        rows = connection.execute("SELECT pool, slots, description, include_deferred FROM slot_pool").fetchall()
    there = {name: {"slots": slots, "description": text or "", "include_deferred": flag} for name, slots, text, flag in rows}
    return [name for name, pool in wanted.items() if there.get(name) != pool]


def main() -> None:
    wanted = json.loads(os.environ["POOLS"])
    different = changed(wanted)
    if not different:
        print(f"pools are there, with these slots: {', '.join(wanted) or 'none'}", flush=True)
        return
    print(f"pools to make or change: {', '.join(different)}", flush=True)
    file = Path(tempfile.mkdtemp()) / "pools.json"
    file.write_text(json.dumps({name: wanted[name] for name in different}))
    os.execvp("airflow", ["airflow", "pools", "import", str(file)])


if __name__ == "__main__":
    main()
