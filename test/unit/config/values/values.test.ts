import assert from "node:assert/strict";

import { cidrProblem } from "../../../../config/addresses";
import { labelNameProblem, imageProblem, objectNameProblem, variableProblem } from "../../../../config/values/names";
import {
    bytesProblem,
    cpuProblem,
    javaSizeProblem,
    overLimits,
    quantity,
    sizeProblem,
} from "../../../../config/values/quantity";
import { scheduleProblem } from "../../../../config/values/schedule";
import { timeZoneProblem } from "../../../../config/values/time-zone";
import { tolerationProblems } from "../../../../config/values/tolerations";
import { metricName, topicProblem, topicSettingProblem, topicValueProblem } from "../../../../config/values/topics";

type Rule = (text: string) => string | undefined;

/** Texts that a rule takes, and those that it refuses with what is said of them. */
function rule(name: string, of: Rule, taken: string[], refused: Record<string, RegExp>): void {
    describe(name, () => {
        for (const text of taken) it(`takes ${JSON.stringify(text)}`, () => assert.equal(of(text), undefined));
        for (const [text, message] of Object.entries(refused)) {
            it(`refuses ${JSON.stringify(text.slice(0, 40))}`, () => assert.match(of(text) ?? "taken", message));
        }
    });
}

describe("values", () => {
    rule(
        "schedules",
        scheduleProblem,
        [
            ...["*/15 * * * *", "0 5 * * mon-fri", "0 5 1,15 JAN-jun ?", "5/10 0-6/2 * * *", "@daily", "@midnight"],
            // Leap years have one; a weekday besides is enough.
            ...["0 0 29 2 *", "0 0 31 2 1", "0 0 31 1,2 *", "0  5 *  * *"],
        ],
        {
            "60 5 * * *": /minute 60, and minutes go from 0 to 59/,
            "0 25 * * *": /hour 25, and hours go from 0 to 23/,
            "0 5 0 * *": /day 0, and days go from 1 to 31/,
            "0 5 * 13 *": /month 13/,
            "0 5 * * 7": /weekdays go from 0 to 6 \(Sunday is 0\)/,
            "0 5 * * L": /weekday "L", which is none/,
            "0 5 * * mon#2": /which is none/,
            "TZ=Europe/Berlin 5 * * *": /put the zone into timeZone/,
            "CRON_TZ=UTC 0 5 * * *": /put the zone into timeZone/,
            "0 0 31 2 *": /never runs: no month 2 has a day 31/,
            "0 0 31 4,jun *": /never runs/,
            "0 22-2 * * *": /as two, such as "22-23,0-2"/,
            "*/90 * * * *": /steps of 90 minutes/,
            "5/0 * * * *": /step "0"/,
            "0 5 * *": /has 4/,
            "0 0 5 * * *": /has 6; there is no field for seconds/,
            "@every 5m": /must be a cron schedule/,
            "@reboot": /must be a cron schedule/,
            "every day": /must be a cron schedule/,
            "": /has 0/,
        },
    );
    rule(
        "schedules of Kubernetes alone",
        (text) => scheduleProblem(text, "kubernetes"),
        ["@every 1h30m", "@every 90s"],
        {
            "@every 0h": /must be/,
            "@every day": /must be/,
        },
    );
    rule(
        "time zones",
        timeZoneProblem,
        [
            "Etc/UTC",
            "UTC",
            "Europe/Berlin",
            "America/Argentina/Buenos_Aires",
            "US/Pacific",
            "Etc/GMT+5",
            "Asia/Kolkata",
        ],
        {
            "Europe/Berln": /did you mean "Europe\/Berlin"/,
            "europe/berlin": /did you mean "Europe\/Berlin"/,
            Berlin: /did you mean "Europe\/Berlin"/,
            Local: /no time zone/,
            // The tz database has none of these, although Node knows them.
            PST: /no time zone/,
            IST: /no time zone/,
            "SystemV/PST8": /no time zone/,
            "+01:00": /no time zone/,
            "us/pacific": /no time zone/,
            "": /no time zone/,
        },
    );
    rule("sizes", sizeProblem, ["512Mi", "10Gi", "1Pi", "0.5Gi", "1e9", "1073741824", "7Ei", "1536Mi"], {
        "400m": /thousandths of a byte; did you mean "400Mi"/,
        "4g": /did you mean "4Gi"/,
        "512MB": /did you mean "512Mi"/,
        "10 Gi": /did you mean "10Gi"/,
        "1,5Gi": /did you mean "1.5Gi"/,
        "512": /a number of bytes; did you mean "512Mi"/,
        "0Gi": /at least 1Mi/,
        "1k": /at least 1Mi/,
        "9Ei": /more than Kubernetes counts to/,
        "-1Gi": /must be a size/,
        "0.0000001Ki": /isn't a whole number of bytes/,
        "": /must be a size/,
    });
    rule("sums of sizes", bytesProblem, ["0", "0Gi", "1k"], { "4g": /did you mean "4Gi"/ });
    rule("CPUs", cpuProblem, ["2", "250m", "0.5", "1500m", "0.125"], {
        "0,5": /did you mean "0.5"/,
        "100M": /did you mean "100m"/,
        "2 cores": /did you mean "2"/,
        "0.0005": /not finer than 1m/,
        "1Gi": /must be a CPU quantity/,
        "-1": /must be a CPU quantity/,
    });
    rule("sizes of Java", javaSizeProblem, ["512m", "2g"], {
        "2Gi": /did you mean "2g"/,
        "512MB": /did you mean "512m"/,
        "0m": /must be a size as Java takes it/,
    });
    rule("names", (text) => labelNameProblem(text, { most: 52, letterFirst: true }), ["api", "a", "clean-orders-2"], {
        Clean_Orders: /did you mean "clean-orders"/,
        cleanOrders: /did you mean "clean-orders"/,
        "2api": /a letter first/,
        "api-": /no dash last/,
        "a.b": /did you mean "a-b"/,
        ["a".repeat(53)]: /has 53 characters, and at most 52 fit/,
        "": /it is empty/,
        ü: /lower-case letters/,
    });
    rule("names of objects", objectNameProblem, ["fast-ssd", "a.b"], {
        "a..b": /name of an object/,
        A: /name of an object/,
    });
    rule("names of variables", variableProblem, ["MODE", "_a.b-c"], {
        "1A": /no digit first/,
        "A=B": /environment variable/,
        "": /./,
    });
    rule(
        "images",
        imageProblem,
        [
            ...["etl:1", "registry.example.com:5000/a/b-c:1.2_3", `ghcr.io/acme/etl@sha256:${"a".repeat(64)}`],
            ...["localhost:5000/a__b", `etl:_x@sha256:${"0".repeat(64)}`, "busybox"],
        ],
        {
            "Registry.example.com/Etl:1": /in lower case/,
            "etl: 1": /full name of an image/,
            "https://ghcr.io/etl:1": /full name of an image/,
            "etl@sha256:12": /full name of an image/,
            [`etl:${"a".repeat(129)}`]: /full name of an image/,
        },
    );
    rule(
        "ranges of addresses",
        cidrProblem,
        ["10.1.2.0/24", "0.0.0.0/0", "fd12::/64", "10.1.2.3/32", "2001:db8::1/128", "::/0"],
        {
            "10.0.0.300/99": /must be a range of addresses/,
            "10.1.2.3/24": /is the network 10.1.2.0\/24.*"10.1.2.3\/32"/,
            "fd12:0:0:1::5/64": /is the network fd12:0:0:1::\/64/,
            "10.1.2.3": /write "10.1.2.3\/32"/,
            "fd12::1": /write "fd12::1\/128"/,
            "api.powerbi.com": /know no host names/,
            "169.254.169.254/32": /never opened/,
            "10.1.2.0/33": /must be a range/,
            "010.1.2.0/24": /must be a range/,
        },
    );
    rule("topics", topicProblem, ["orders.v1", "a_b", "A-1", "_a", "t".repeat(249)], {
        ".": /Kafka refuses/,
        "..": /Kafka refuses/,
        __consumer_offsets: /Kafka's own topics/,
        ["t".repeat(250)]: /249 at most/,
        "-a": /not beginning with a dash/,
        "a/b": /letters, digits/,
    });
    rule("settings of topics", topicSettingProblem, ["retention.ms", "cleanup.policy", "super.users"], {
        retention_ms: /did you mean "retention.ms"/,
        "retention.Ms": /did you mean "retention.ms"/,
        "segment-bytes": /did you mean "segment.bytes"/,
        nonsense: /a setting of Kafka's topics: cleanup.policy, /,
        constructor: /a setting of Kafka's topics/,
    });

    it("settings of topics have values of their types", () => {
        for (const [key, value] of Object.entries({
            "retention.ms": "-1",
            "cleanup.policy": "compact,delete",
            "min.cleanable.dirty.ratio": "0.5",
            "compression.type": "zstd",
            preallocate: "true",
            "leader.replication.throttled.replicas": "0:101",
        })) {
            assert.equal(topicValueProblem(key, value), undefined, key);
        }
        assert.match(topicValueProblem("retention.ms", "7d") ?? "", /whole number from -1 on/);
        assert.match(topicValueProblem("segment.bytes", "1024") ?? "", /from 1048576 to/);
        assert.match(topicValueProblem("cleanup.policy", "compacted") ?? "", /some of compact, delete/);
        assert.match(topicValueProblem("preallocate", "yes") ?? "", /true or false/);
    });

    it("topics that differ in a dot are one in metrics", () => assert.equal(metricName("a.b_c"), metricName("a_b.c")));

    it("tolerations are as the API server takes them", () => {
        const keys = (given: Parameters<typeof tolerationProblems>[0]) =>
            tolerationProblems(given).map(({ path }) => path.join());
        assert.deepEqual(keys({ operator: "Exists" }), []);
        assert.deepEqual(keys({ key: "a", value: "b", effect: "NoExecute", tolerationSeconds: 5 }), []);
        assert.deepEqual(keys({ key: "a", operator: "Exists", value: "true" }), ["value"]);
        assert.deepEqual(keys({ operator: "Equal", value: "x" }), ["key"]);
        assert.deepEqual(keys({}), ["key"]);
        assert.deepEqual(keys({ key: "a", operator: "Exists", tolerationSeconds: 5 }), ["tolerationSeconds"]);
    });

    it("requests stay below their limits", () => {
        const limits = { cpu: "1", memory: "1Gi" };
        assert.deepEqual(overLimits({ requests: { cpu: "1000m", memory: "1024Mi" }, limits }), []);
        assert.deepEqual(
            overLimits({ requests: { cpu: "1001m", memory: "2G" }, limits }).map(({ path }) => path.join(".")),
            ["requests.memory", "requests.cpu"],
        );
    });

    it("quantities are numbers as Kubernetes reads them", () => {
        assert.deepEqual(["500m", "2Gi", "1Pi", "1e3", "1E", "x"].map(quantity), [
            0.5,
            2 ** 31,
            2 ** 50,
            1000,
            1e18,
            NaN,
        ]);
    });
});
