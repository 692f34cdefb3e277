import fc from "fast-check";

import { Arbitrary, join, kind, number } from "./kinds";

const suffixes = [
    "Ki",
    "Mi",
    "Gi",
    "Ti",
    "Pi",
    "Ei",
    "k",
    "M",
    "G",
    "T",
    "P",
    "E",
    "m",
    "",
    "u",
    "n",
    "K",
    "g",
    "GB",
    "GiB",
    "mi",
    "e3",
    "E3",
    "e30",
    "e-3",
];

const anyQuantity: Arbitrary = join(
    fc.oneof(
        number(-3, 5000),
        fc.constantFrom(
            "0.5",
            "1.5",
            ".5",
            "1.",
            "1,5",
            "0x10",
            "١٢",
            "1e",
            "99999999999999999999",
            "0",
            "+1",
            "-0",
            "0.0001",
            "1 ",
            " 1",
        ),
    ),
    fc.constantFrom(...suffixes),
);

/** Sizes in bytes; `tiny` ones are what is requested. */
export const size = kind(join(number(1, 900), fc.constantFrom("Mi", "Gi", "M", "G", "Ti")), anyQuantity);
export const smallSize = kind(join(number(1, 63), fc.constantFrom("Mi", "M")), anyQuantity);
export const largeSize = kind(join(number(64, 900), fc.constantFrom("Mi", "Gi")), anyQuantity);
export const cpu = kind(
    fc.oneof(join(number(1, 4000), fc.constant("m")), fc.constantFrom("1", "2", "0.5", "0.125", "0")),
    anyQuantity,
);
export const javaSize = kind(join(number(1, 4000), fc.constantFrom("m", "g")), anyQuantity);

const labelName = fc.stringMatching(/^[a-z0-9][-a-z0-9]{2,20}[a-z0-9]$/);
const nameMisses: Arbitrary = fc.oneof(
    fc.stringMatching(/^[A-Za-z0-9_.-]{1,70}$/),
    fc.constantFrom(
        "Clean_Orders",
        "2api",
        "-a",
        "a-",
        "a.b",
        "a/b",
        "a b",
        "a".repeat(64),
        "a".repeat(254),
        "kube-system",
        "default",
        "ä",
        "xn--a",
    ),
);

/** Names of workloads, also those that are just short enough, or just too long. */
export const name = fc.oneof(
    { weight: 8, arbitrary: kind(labelName, nameMisses) },
    { weight: 2, arbitrary: number(38, 66).map((length) => `w${"a".repeat(length - 2)}z`) },
);
export const label = kind(labelName, nameMisses);
export const objectName = kind(join(labelName, fc.constantFrom("", ".a", "-b")), nameMisses);

const keyMisses: Arbitrary = fc.constantFrom(
    "a/b/c",
    "/a",
    "a/",
    "-a",
    "A.B/c",
    "a b",
    "",
    "a".repeat(64),
    `${"a".repeat(254)}/b`,
    "a_b/c",
    "ä",
    "kubernetes.io/os ",
    `${`${"a".repeat(60)}.`.repeat(5)}a/b`,
);
export const labelKey = kind(
    fc.oneof(
        labelName,
        fc.constantFrom(
            "kubernetes.io/os",
            "node-pool",
            "example.com/team",
            "a.b_c-D",
            "a".repeat(63),
            `${"a".repeat(63)}.b/c`,
        ),
    ),
    keyMisses,
);
export const labelValue = kind(
    fc.oneof(labelName, fc.constantFrom("", "a.B_c-d", "1", "true", "v1.2.3", "A".repeat(63))),
    fc.constantFrom("_a", "a_", "a b", "a/b", "ä", "a".repeat(64), "-", ".", "a:b", "=", `${"a".repeat(62)}-`),
);

export const variable = kind(
    fc.constantFrom("MODE", "A", "_b", "LOG_LEVEL", "a.b", "a-b"),
    fc.constantFrom(
        "1A",
        "A B",
        "A=B",
        "",
        "ä",
        "KAFKA_BOOTSTRAP",
        "RESULT_FILE",
        "A/B",
        "$A",
        "-A",
        ".A",
        "..",
        "..a",
    ),
);

const address: Arbitrary = fc.oneof(fc.ipV4(), fc.ipV6());
export const cidr = kind(
    fc.oneof(
        fc.constantFrom("203.0.113.0/24", "10.0.0.0/8", "0.0.0.0/0", "::/0", "fd12::/64", "2001:db8::/32"),
        fc.ipV4().map((each) => `${each}/32`),
        fc.ipV6().map((each) => `${each}/128`),
    ),
    fc.oneof(
        join(address, fc.constant("/"), number(0, 130)),
        address,
        fc.constantFrom(
            "10.0.0.300/99",
            "api.powerbi.com",
            "169.254.169.254/32",
            "fe80::1%eth0/64",
            "10.0.0.0/08",
            "010.0.0.0/8",
            "10.0.0/8",
            "::ffff:10.0.0.0/104",
            "10.0.0.0/8/8",
            "10.0.0.0/-1",
            "*",
        ),
    ),
);
export const port = kind(number(1, 65535), fc.constantFrom<unknown>(0, -1, 65536, 1.5, "443", "http", NaN));

export const toleration = kind(
    fc.record(
        {
            key: labelKey,
            operator: fc.constantFrom("Exists", "Equal"),
            value: labelValue,
            effect: fc.constantFrom("NoSchedule", "NoExecute", "PreferNoSchedule"),
            tolerationSeconds: number(0, 600),
        },
        { requiredKeys: [] },
    ),
    fc.record(
        {
            key: label,
            operator: fc.constantFrom("Exists", "exists", "In", "Gt", ""),
            value: fc.oneof(labelValue, fc.boolean()),
            effect: fc.constantFrom("noSchedule", "", "NoExecute"),
            tolerationSeconds: fc.constantFrom<unknown>(-1, 1.5, "30"),
            seconds: number(1, 3),
        },
        { requiredKeys: [] },
    ),
);

export const image = kind(
    fc.oneof(
        join(
            fc.constantFrom("etl", "registry.example.com/etl", "registry.example.com:5000/a/b-c", "localhost/x__y"),
            fc.constant(":"),
            fc.stringMatching(/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,80}$/),
        ),
        fc.constantFrom(
            "busybox",
            `etl@sha256:${"a".repeat(64)}`,
            `etl:_x@sha256:${"0".repeat(64)}`,
            `etl:${"a".repeat(62)}-`,
            "etl:_1",
            `etl:${"-".repeat(0)}a${"_".repeat(90)}`,
        ),
    ),
    fc.constantFrom(
        "Etl:1",
        "etl: 1",
        "https://ghcr.io/etl:1",
        "etl@sha256:12",
        "etl:",
        ":1",
        "etl:ä",
        "a//b:1",
        `etl:${"a".repeat(129)}`,
    ),
);

export const path = kind(
    fc.constantFrom("/work", "/data/a", "/tmp", "/tmp/", "/a b", "/opt/x.y"),
    fc.constantFrom(
        "work",
        "/",
        "/a/../b",
        "/a:b",
        "",
        "//a",
        "/proc",
        "C:\\a",
        "/var/run/data-platform/kafka",
        "~/a",
        "/ä",
        "/dev/shm",
        "/a\0",
    ),
);

/** Plain texts of settings, some of which are secrets. Never one that a test would look for. */
export const setting = kind(
    fc.oneof(
        fc.constantFrom("full", "a b", "1", "true", "", "https://example.com/a?b=c", "a=b"),
        fc.string({ maxLength: 30 }),
    ),
    fc.constantFrom("https://bob:hunter2@example.com", `ghp_${"a1".repeat(18)}`, "a\nb", "x".repeat(5000)),
);

export const count = kind(number(0, 20), fc.constantFrom<unknown>(-1, 1.5, "3", 2 ** 31, 2 ** 53, 1e300));
export const seconds = kind(number(10, 100_000), fc.constantFrom<unknown>(0, -1, 0.5, "60", "1h", 2 ** 31, 5));

export const topic = kind(
    fc.stringMatching(/^[a-zA-Z0-9._-]{1,30}$/),
    fc.constantFrom(
        ".",
        "..",
        "__consumer_offsets",
        "a/b",
        "a".repeat(250),
        "ä",
        "-a",
        "A".repeat(249),
        "..a",
        "_",
        "a.",
        ".a",
    ),
);

export const topicConfig = fc.dictionary(
    kind(
        fc.constantFrom("retention.ms", "cleanup.policy", "segment.bytes", "compression.type", "max.message.bytes"),
        fc.constantFrom("retention_ms", "retention", "ssl.keystore", "min.insync.replicas", "Retention.MS", "a b"),
    ).map(String),
    kind(
        fc.constantFrom("604800000", "-1", "compact", "delete", "zstd", "1048576"),
        fc.constantFrom<unknown>("7d", "compacted", 604800000, true, "1\n2", ""),
    ),
    { maxKeys: 3, noNullPrototype: true },
) as Arbitrary;

export * from "./kinds";
export * from "./times";

/** Resources of devices. */
export const device = kind(
    fc.constantFrom("nvidia.com/gpu", "amd.com/gpu", "example.com/x.y_z"),
    fc.constantFrom("gpu", "nvidia.com/", "/gpu", "kubernetes.io/x", "requests.nvidia.com/gpu/1", "", "a b"),
);
/** Keys of Secrets, and their values. */
export const secretKey = kind(
    fc.constantFrom("password", "service-account.json", ".netrc", "TLS_KEY", "a"),
    fc.constantFrom("..", ".", "../x", "a b", "", "a/b", "-x", "ä", "a".repeat(254)),
);
export const secretValue = kind(
    fc.constantFrom("hunter2", '{"key": "hunter2"}', "a\nb\n", "ü"),
    fc.constantFrom<unknown>("", "hunter2\0", "\ud800", 5, true, null, ["hunter2"], { a: "hunter2" }),
);
export const fileMode = kind(
    fc.constantFrom(0o400, 0o440, 0o500, 0o550),
    fc.constantFrom<unknown>(440, 0o444, 0o640, 0o777, 0, -1, 1.5, "0440", null),
);
export const annotation = kind(
    fc.constantFrom("example.com/team", "sidecar.istio.io/inject", "eks.amazonaws.com/role-arn", "note"),
    fc.oneof(
        keyMisses,
        fc.constantFrom("karpenter.sh/do-not-disrupt", "data-platform.io/x", "password", "pulumi.com/skipAwait"),
    ),
);
export const ip = kind(address, fc.constantFrom<unknown>("erp", "10.0.0.300", "10.0.0.0/8", "", "[::1]", null, 5));
