"""Writes which migrations this version of Airflow ends with; the image's build runs it."""

import json

from alembic.script import ScriptDirectory

from platform_airflow.database import HEADS


def main() -> None:
    # Found by its place: to import it is to configure it.
    airflow = HEADS.parents[1] / "airflow"
    scripts = {
        "alembic_version": airflow / "migrations",
        "alembic_version_fab": airflow / "providers/fab/migrations",
    }
    HEADS.write_text(json.dumps({table: ScriptDirectory(str(path)).get_heads() for table, path in scripts.items()}))


if __name__ == "__main__":
    main()
