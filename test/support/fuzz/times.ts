import fc from "fast-check";

import { Arbitrary, join, kind, number } from "./kinds";

const field = (low: number, high: number, names: string[] = []): Arbitrary =>
    fc.oneof(
        fc.constantFrom("*", "?", `*/${high}`, "*/2", ...names),
        number(low, high).map(String),
        fc.tuple(number(low, high), number(low, high)).map((pair) => pair.sort((a, b) => a - b).join("-")),
        join(number(low, high), fc.constant("/"), number(1, high)),
        fc.array(number(low, high), { minLength: 1, maxLength: 4 }).map((list) => list.join(",")),
    );

const anyField: Arbitrary = fc.oneof(
    field(0, 99),
    fc.constantFrom(
        "L",
        "W",
        "1#2",
        "*/0",
        "5-",
        "-5",
        "1,,2",
        "a",
        "7",
        "JAN",
        "jan-mar",
        "mon-fri",
        "fri-mon",
        "60",
        "31",
        "1/",
        "*-5",
        "5L",
        "H",
    ),
);

export const schedule = kind(
    fc.oneof(
        fc
            .tuple(
                field(0, 59),
                field(0, 23),
                field(1, 31),
                field(1, 12, ["JAN", "jan-mar"]),
                field(0, 6, ["mon-fri", "SUN"]),
            )
            .map((parts) => parts.join(" ")),
        fc.constantFrom(
            "@hourly",
            "@daily",
            "@midnight",
            "@weekly",
            "@monthly",
            "@yearly",
            "@annually",
            "@every 5m",
            "@every 1h30m",
            "0 0 29 2 *",
        ),
    ),
    fc.oneof(
        fc.array(anyField, { minLength: 3, maxLength: 7 }).map((parts) => parts.join(" ")),
        fc.constantFrom(
            "TZ=Europe/Berlin 5 * * *",
            "CRON_TZ=UTC 0 5 * * *",
            "0 0 31 2 *",
            "0 0 30 2 ?",
            "@reboot",
            "@every",
            "@every 0s",
            "@every 1d",
            "0 5 * * *\t",
            "0\t5 * * *",
            " 0 5 * * *",
            "0 5 * * * ",
        ),
    ),
);

export const timeZone = kind(
    fc.constantFrom(
        "Etc/UTC",
        "UTC",
        "Europe/Berlin",
        "US/Pacific",
        "America/Argentina/Buenos_Aires",
        "Etc/GMT+5",
        "CET",
        "Asia/Kolkata",
        "Asia/Calcutta",
        "Zulu",
        "GB-Eire",
        "EST5EDT",
    ),
    fc.constantFrom(
        "Europe/Berln",
        "europe/berlin",
        "Local",
        "local",
        "+01:00",
        "UTC+1",
        "Berlin",
        "../etc/passwd",
        "/etc/localtime",
        "Etc",
        "PST",
        "MEZ",
        "Posixrules",
        "Factory",
    ),
);
