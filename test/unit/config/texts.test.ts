import assert from "node:assert/strict";

import { z } from "zod";

import { isFreeMap } from "../../../config/free-maps";
import { schema } from "../../../config/schema";
import { isSecret } from "../../../config/secret";
import { kindOf } from "../../../config/texts";
import { configProblems } from "../../support/config-problems";

const base = { profile: "dev", images: { registry: "registry.example.com/data-platform" } };

/** The problems that a config is refused with, by key. */
function problems(raw: Record<string, unknown>): Record<string, string> {
    return configProblems({ ...base, ...raw });
}

interface Field {
    path: string;
    type: z.core.$ZodType;
}

/** Every text of a type, keys of maps too: a text, or what nobody knows the type of. */
function texts(type: z.core.$ZodType, path = ""): Field[] {
    const at = (key: string) => (path ? `${path}.${key}` : key);
    if (type instanceof z.ZodOptional) return texts(type.unwrap() as z.ZodType, path);
    if (type instanceof z.ZodArray) return texts(type.element as z.ZodType, `${path}[]`);
    if (type instanceof z.ZodObject) {
        return Object.entries(type.shape as Record<string, z.ZodType>).flatMap(([key, inner]) => texts(inner, at(key)));
    }
    if (type instanceof z.ZodRecord) {
        // What such a map may hold is a rule of its own, for any depth.
        if (isFreeMap(type) && type.valueType instanceof z.ZodUnknown) return [];
        return [...texts(type.keyType as z.ZodType, at("<key>")), ...texts(type.valueType as z.ZodType, at("*"))];
    }
    if ([z.ZodEnum, z.ZodLiteral, z.ZodBoolean, z.ZodNumber].some((plain) => type instanceof plain)) return [];
    return [{ path, type }];
}

/** The texts that are none of config/texts.ts, and why. */
const exceptions: Record<string, string> = {
    "credentials.*": "a password: config/rules/credentials.ts says what it may be, by its user",
    "secrets.*.*": "a workload's own: components/workload-secret.ts holds it to the form that its reader says",
};

/** Kinds that may begin with a dash, because no command line has them as a word of its own. */
const dashed: Record<string, string> = {
    line: "the value of an annotation",
    kafkaValue: "retention.ms: -1, in a file of settings",
    featureGates: "-Gate, in a variable",
};

/** Kinds that have several lines. */
const severalLines: Record<string, string> = { certificatePem: "certificates, in a Secret" };

const accepts = (type: z.core.$ZodType, value: string) => z.safeParse(type, value).success;

describe("texts of the config", () => {
    const all = texts(schema);

    it("are each of a type of config/texts.ts, or an exception with its reason", () => {
        assert.ok(all.length > 60, `${all.length} texts were found`);
        const others = all.filter(({ type }) => kindOf(type) === undefined).map(({ path }) => path);
        assert.deepEqual(others, Object.keys(exceptions));
        assert.ok(all.filter(({ path }) => path in exceptions).every(({ type }) => isSecret(type)));
    });

    it("a new one of no such type, or of no known type, is found", () => {
        const grown = z.strictObject({ a: z.strictObject({ b: z.array(z.string().min(1)).optional() }), c: z.any() });
        assert.deepEqual(
            texts(grown).map(({ path, type }) => [path, kindOf(type)]),
            [
                ["a.b[]", undefined],
                ["c", undefined],
            ],
        );
    });

    it("none takes a newline, a control character, a secret, or a user in an address", () => {
        const attacks = ["a\nb", "a\r\nb", "abc\n", "a\0b", "a\u001b[2Jb", "a\u2028b", "a\u202eb", "\ud800abc"];
        const addresses = ["https://bob:token@example.com/x", "https://token@example.com/x", "oci://u:p@example.com/x"];
        const tokens = [`ghp_${"a1".repeat(18)}`, `glpat-${"a1".repeat(12)}`, `AKIA${"A1".repeat(8)}`];
        for (const { path, type } of all.filter((each) => !(each.path in exceptions))) {
            const kind = kindOf(type) ?? "";
            for (const attack of [...(kind in severalLines ? [] : attacks), ...addresses, ...tokens]) {
                assert.ok(!accepts(type, attack), `${path} (${kind}) takes ${JSON.stringify(attack)}`);
            }
        }
    });

    it("none may be read as an option of a command, but for those that never are a word of one", () => {
        for (const { path, type } of all.filter((each) => !(each.path in exceptions))) {
            const kind = kindOf(type) ?? "";
            const taken = ["--upload-pack=touch", "-x"].filter((option) => accepts(type, option));
            if (!(kind in dashed)) assert.deepEqual(taken, [], `${path} (${kind})`);
        }
    });

    it("are told by their key, with what is allowed, and never with the secret", () => {
        const token = "s3cret-t0ken-0123456789";
        const found = problems({
            kubernetes: { context: "--kubeconfig=/etc/passwd" },
            charts: { airflow: `https://bob:${token}@charts.example.com` },
            crds: { keda: [`https://${token}@example.com/crds.yaml`] },
            objectStore: { region: 'us-"east', storageClass: 'fast"\nevil: yes' },
            database: { kind: "external", external: { host: `bob:${token}@db.example.com` } },
            spark: { operator: { imageRegistry: `bob:${token}@registry.example.com/x` } },
            eventStream: {
                topics: [
                    {
                        ...{ name: "t", partitions: 1, producers: [], consumers: [] },
                        config: { "retention.ms": "1\nsuper.users=User:eve", "a=b": "1" },
                    },
                ],
            },
            orchestrator: {
                dags: {
                    kind: "git",
                    repo: `https://oauth2:${token}@gitlab.example.com/dags.git`,
                    ref: "--upload-pack=touch /tmp/x",
                    subPath: "../../../etc",
                },
            },
        });
        const expected: Record<string, RegExp> = {
            "kubernetes.context": /neither begin with a dash/,
            "charts.airflow": /has a user, password or token in an address.*take out what is before the @/,
            "crds.keda[0]": /has a user, password or token in an address/,
            "objectStore.region": /must be a region such as "us-east-1"/,
            "objectStore.storageClass": /one line of printable characters/,
            "database.external.host": /must be a host name or an IPv4 address/,
            "spark.operator.imageRegistry": /must be a registry path/,
            'eventStream.topics[0].config["retention.ms"]': /one line of printable characters/,
            'eventStream.topics[0].config["a=b"]': /a setting of Kafka's/,
            "orchestrator.dags.repo": /has a user, password or token in an address/,
            "orchestrator.dags.ref": /must be a branch, tag or commit such as "main"/,
            "orchestrator.dags.subPath": /must be a folder such as "airflow\/dags"/,
        };
        for (const [key, message] of Object.entries(expected)) assert.match(found[key] ?? "", message, key);
        assert.ok(!JSON.stringify(found).includes(token), JSON.stringify(found, undefined, 1));
    });

    it("take what people use", () => {
        const topic = { name: "orders.v1", partitions: 1, producers: [], consumers: [] };
        const config = {
            "cleanup.policy": "compact,delete",
            "retention.ms": "-1",
            "leader.replication.throttled.replicas": "0:101,1:103",
        };
        for (const [repo, ref, subPath] of [
            ["https://github.com/acme/dags.git", "main", "airflow/dags"],
            ["https://dev.azure.com/acme/data%20team/_git/dags", "release/2026-11", "dags/"],
            ["https://git.example.com:8443/~team/dags", "v1.2.3+build", ".airflow/my dags"],
            ["https://git-codecommit.eu-west-1.amazonaws.com/v1/repos/dags", "feature/#12", "a"],
        ]) {
            const found = problems({
                kubernetes: { context: "arn:aws:eks:eu-west-1:123456789012:cluster/prod" },
                charts: {
                    keda: "oci://ghcr.io:443/acme/charts/keda",
                    strimzi: "https://charts.local/stable/",
                    certManager: "http://127.0.0.1:8080/x",
                },
                crds: {
                    keda: ["https://cdn.example.com/npm/keda@2.20.2/crds.yaml?ref=main", "./crds/**/*.{yaml,json}"],
                },
                objectStore: { region: "RegionOne", storageClass: "csi.fast-ssd" },
                scheduling: {
                    platform: {
                        nodeSelector: { "node.kubernetes.io/instance-type": "m5.xlarge", pool: "" },
                        tolerations: [{ key: "example.com/dedicated", value: "data" }],
                    },
                },
                ingress: { annotations: { "external-dns.alpha.kubernetes.io/ttl": "60", "a.example/b": "-1 ≥ ü" } },
                chartValues: { strimzi: { featureGates: "+UseServerSideApply,-Other", logLevel: "DEBUG" } },
                orchestrator: { dags: { kind: "git", repo, ref, subPath } },
                workloads: { flights: { enabled: false, timeZone: "America/Argentina/Buenos_Aires" } },
                eventStream: { topics: [{ ...topic, config }] },
            });
            // The sample's topics and Airflow's access are other rules.
            assert.deepEqual(
                Object.keys(found).filter((key) => !/^orchestrator\.connections/.test(key)),
                [],
                JSON.stringify(found),
            );
        }
    });

    it("plain HTTP is none of a chart's or a manifest's, but on this machine", () => {
        const found = problems({
            charts: { keda: "http://charts.example.com" },
            crds: { strimzi: ["http://mirror.example.com/crds.yaml", "http://localhost.example.com/crds.yaml"] },
        });
        for (const key of ["charts.keda", "crds.strimzi[0]", "crds.strimzi[1]"])
            assert.match(String(found[key]), /"https:\/\/" address/, key);
    });
});
