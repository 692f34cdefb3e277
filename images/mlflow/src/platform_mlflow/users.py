"""Users and their rights, in MLflow's own database of users. A role a permission: by it we know users of ours, too."""

from __future__ import annotations

from collections.abc import Callable

from mlflow.server.auth.entities import Role
from mlflow.server.auth.permissions import (
    RESOURCE_TYPE_EXPERIMENT,
    RESOURCE_TYPE_PROMPT,
    RESOURCE_TYPE_REGISTERED_MODEL,
    RESOURCE_TYPE_SCORER,
)
from mlflow.server.auth.sqlalchemy_store import SqlAlchemyStore
from mlflow.utils.workspace_utils import DEFAULT_WORKSPACE_NAME

from platform_mlflow.settings import PERMISSIONS, Login, Settings

# What a permission is on: all of each kind. Runs, traces and versions follow from these.
RESOURCES = (RESOURCE_TYPE_EXPERIMENT, RESOURCE_TYPE_REGISTERED_MODEL, RESOURCE_TYPE_PROMPT, RESOURCE_TYPE_SCORER)
PREFIX = "data-platform-"


def apply(found: Settings, say: Callable[[str], None]) -> None:
    """Make users and rights what the chart says."""
    store = SqlAlchemyStore()
    store.init_db(found.auth_database_uri)
    say("the database of users is up to date")

    account(store, found.admin, say, is_admin=True)
    roles = {permission: role_for(store, permission) for permission in PERMISSIONS}
    for user in found.users:
        account(store, user.login, say, is_admin=False)
        assign(store, user.login.username, roles, user.permission)
    forget(store, roles, {user.login.username for user in found.users}, say)


def account(store: SqlAlchemyStore, login: Login, say: Callable[[str], None], *, is_admin: bool) -> None:
    """A user with exactly this password. One that is right already is left alone: a hash of it would be another one."""
    if not store.has_user(login.username):
        store.create_user(login.username, login.password, is_admin=is_admin)
        say(f"user {login.username} is made")
        return
    if not store.authenticate_user(login.username, login.password):
        store.update_user(login.username, password=login.password)
        say(f"user {login.username} has another password")
    if store.get_user(login.username).is_admin != is_admin:
        store.update_user(login.username, is_admin=is_admin)
        say(f"user {login.username} {'is' if is_admin else 'is no more'} an administrator")


def role_for(store: SqlAlchemyStore, permission: str) -> Role:
    """The role of a permission, with exactly its grants."""
    name = f"{PREFIX}{permission.lower()}"
    known = {role.name: role for role in store.list_roles([DEFAULT_WORKSPACE_NAME])}
    role = known.get(name) or store.create_role(
        name, DEFAULT_WORKSPACE_NAME, "Of the platform: who is in it comes from its configuration."
    )
    wanted = {(resource, "*", permission) for resource in RESOURCES}
    there = {
        (grant.resource_type, grant.resource_pattern, grant.permission): grant
        for grant in store.list_role_permissions(role.id)
    }
    for extra in there.keys() - wanted:
        store.remove_role_permission(there[extra].id)
    for missing in sorted(wanted - there.keys()):
        store.add_role_permission(role.id, *missing)
    return role


def assign(store: SqlAlchemyStore, username: str, roles: dict[str, Role], permission: str) -> None:
    """One role of ours for a user, and no other of ours."""
    user = store.get_user(username)
    has = {role.id for role in store.list_user_roles(user.id)}
    for name, role in roles.items():
        if name == permission and role.id not in has:
            store.assign_role_to_user(user.id, role.id)
        elif name != permission and role.id in has:
            store.unassign_role_from_user(user.id, role.id)


def forget(store: SqlAlchemyStore, roles: dict[str, Role], wanted: set[str], say: Callable[[str], None]) -> None:
    """Who left the list loses the access; what they made stays. Users that people made aren't in a role of ours."""
    names = {user.id: user.username for user in store.list_users()}
    ours = {names[entry.user_id] for role in roles.values() for entry in store.list_role_users(role.id)}
    for username in sorted(ours - wanted):
        store.delete_user(username)
        say(f"user {username} is removed")
