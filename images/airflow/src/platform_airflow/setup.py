"""Makes the administrator and the pools: every upgrade of the chart runs this, where the stack has pools."""

from platform_airflow import admin, pools


def main() -> None:
    admin.main()
    pools.main()


if __name__ == "__main__":
    main()
