"""Makes the administrator, and gives him the password that his Secret has: every upgrade of the chart runs this.

Name and password are the files `username` and `password` in the directory that ADMIN_CREDENTIALS_DIR names.
"""

import os
from pathlib import Path

from werkzeug.security import check_password_hash

from platform_airflow.database import connect


def unchanged(name: str, password: str) -> bool:
    with connect() as connection:
        found = connection.execute("SELECT password FROM ab_user WHERE username = %s AND active", [name]).fetchone()
    return bool(found and found[0] and check_password_hash(found[0], password))


def main() -> None:
    credentials = Path(os.environ["ADMIN_CREDENTIALS_DIR"])
    name, password = ((credentials / key).read_text() for key in ("username", "password"))
    if unchanged(name, password):
        print(f"{name} is there, with this password")
        return

    from airflow.providers.fab.auth_manager.cli_commands.utils import get_application_builder

    with get_application_builder() as builder:
        manager = builder.sm
        user = manager.find_user(name)
        if user:
            done = manager.reset_password(user.id, password)
        else:
            role = manager.find_role("Admin")
            done = manager.add_user(name, "Platform", "Admin", f"{name}@localhost", role, password)
    if not done:
        raise SystemExit(f"{name} could not be {'changed' if user else 'made'}")
    print(f"{name} has {'a new password' if user else 'been made'}")


if __name__ == "__main__":
    main()
