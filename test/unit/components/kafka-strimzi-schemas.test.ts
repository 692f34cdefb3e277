import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { parse } from "yaml";

import { prepareCrds } from "../../../tools/charts";
import { outputDir, repoRoot } from "../../../lib/paths";
import { sentinel } from "../../support/collect";
import { Definition, objections } from "../../support/custom-resource";
import { Kind, StrimziObjects } from "../../support/strimzi";

const copy = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T;

describe("the objects of Strimzi's operator", function () {
    this.timeout(300_000);
    let objects: StrimziObjects;
    before(async () => {
        [objects] = await Promise.all([StrimziObjects.collect(), prepareCrds()]);
    });

    /** Definitions by kind, out of a folder of YAML or JSON. */
    const definitions = (folder: string) =>
        Object.fromEntries(
            readdirSync(folder).map((file) => {
                const crd = parse(readFileSync(join(folder, file), "utf8")) as Definition & {
                    spec: { names: { kind: string } };
                };
                return [crd.spec.names.kind, crd as Definition];
            }),
        );
    const places: Record<string, string> = {
        "of the prepared definitions": join(outputDir, "crds/strimzi"),
        "of upstream's chart": join(repoRoot, "../shared/charts/strimzi-kafka-operator/crds"),
    };
    // The second lies beside some checkouts only.
    for (const [which, folder] of Object.entries(places).filter(
        ([, path]) => path.startsWith(outputDir) || existsSync(path),
    )) {
        it(`are what the schemas ${which} ask for`, () => {
            const schemas = definitions(folder);
            assert.equal(objects.everything().length, 2 + 3 + 5 + 4 + 5 + 5);
            for (const each of objects.everything()) {
                assert.deepEqual(objections(schemas[each.kind], "v1", each), [], `${each.kind} ${each.metadata.name}`);
            }
        });

        it(`are refused by the schemas ${which} when something is wrong with them`, () => {
            const schemas = definitions(folder);
            const wrong = (kind: Kind, name: string, change: (spec: Record<string, never>) => void) => {
                const bad = copy(objects.one<Kind>(kind, name));
                change(bad.spec as unknown as Record<string, never>);
                return objections(schemas[kind], "v1", bad).join("; ");
            };
            const set = (path: string, value: unknown) => (spec: object) => {
                const keys = path.split(".");
                const last = keys.pop() ?? "";
                const at = keys.reduce<unknown>((found, key) => (found as Record<string, unknown>)[key], spec);
                (at as Record<string, unknown>)[last] = value;
            };
            assert.match(wrong("Kafka", "kafka", set("kafka.replicas", 3)), /\.spec\.kafka\.replicas is unknown/);
            assert.match(wrong("Kafka", "kafka", set("kafka.listeners.0.type", "inside")), /is none of internal/);
            assert.match(wrong("Kafka", "kafka", set("kafka.listeners.0.name", "Clients-9093")), /doesn't match/);
            assert.match(wrong("Kafka", "kafka", set("kafka.listeners.0.port", 80)), /too small/);
            assert.match(wrong("KafkaNodePool", "brokers", set("replicas", "3")), /replicas is no whole number/);
            assert.match(wrong("KafkaNodePool", "brokers", set("roles", undefined)), /roles is missing/);
            assert.match(wrong("KafkaNodePool", "brokers", set("jvmOptions.-Xmx", "1 GB")), /doesn't match/);
            assert.match(wrong("KafkaNodePool", "brokers", set("template.pod.nodeSelector", {})), /is unknown/);
            assert.match(wrong("KafkaTopic", "flights", set("partitions", 0)), /partitions is too small/);
            assert.match(wrong("KafkaUser", "ingest", set("authentication.type", "plain")), /is none of tls/);
            assert.match(
                wrong("KafkaUser", "ingest", set("authorization.acls.0.operations", ["Wrote"])),
                /is none of Read/,
            );
        });
    }

    it("are waited for until they are Ready, but for pools, which never are by themselves", () => {
        for (const { kind, metadata } of objects.everything()) {
            const wait = metadata.annotations["pulumi.com/waitFor"];
            assert.equal(wait, kind === "KafkaNodePool" ? undefined : "condition=Ready", `${kind} ${metadata.name}`);
        }
    });

    it("know their cluster, and hold no password", () => {
        for (const { kind, metadata } of objects.everything().filter((each) => each.kind !== "Kafka")) {
            assert.match(metadata.labels["strimzi.io/cluster"], /^(kafka|small)$/, kind);
        }
        assert.ok(!JSON.stringify(objects.everything()).includes(sentinel));
    });
});
