import assert from "node:assert/strict";

import { parse } from "../../../config/parse";
import { profiles } from "../../../config/profiles";
import { profileNames } from "../../../config/schema";
import { configProblems } from "../../support/config-problems";

const registry = { images: { registry: "registry.example.com/data-platform" } };

/** The problems that a config is refused with, by key. */
function problems(raw: Record<string, unknown>): Record<string, string> {
    return configProblems(raw);
}

/** The buckets of dev but for some. */
function without(...names: string[]) {
    return profiles.dev.objectStore.buckets.filter(({ name }) => !names.includes(name));
}

describe("config", () => {
    for (const profile of profileNames) {
        it(`profile ${profile} needs nothing but its name${profiles[profile].images.registry ? "" : " and a registry"}`, () => {
            const config = parse({ profile, ...(profiles[profile].images.registry ? {} : registry) }, "test");
            assert.equal(config.profile, profile);
            assert.ok(config.objectStore.buckets.some(({ name }) => name === "bronze"));
        });
    }

    it("overrides single keys and leaves the rest of a group as the profile has it", () => {
        const config = parse({ profile: "dev", ...registry, objectStore: { storage: "1Gi" } }, "test");
        assert.equal(config.objectStore.storage, "1Gi");
        assert.equal(config.objectStore.region, "us-east-1");
    });

    it("replaces a list as a whole", () => {
        const buckets = [...profiles.dev.objectStore.buckets]
            .reverse()
            .map((bucket) => ({ ...bucket, versioning: true }));
        assert.deepEqual(
            parse({ profile: "dev", ...registry, objectStore: { buckets } }, "test").objectStore.buckets,
            buckets,
        );
    });

    it("names every problem at once, each by its key path", () => {
        const found = problems({
            profile: "dev",
            objectStore: { storge: "1Gi", buckets: [{ name: "B", writers: [] }] },
            eventStream: { nodes: "three", heap: "lots" },
            surprise: 1,
        });
        assert.deepEqual(Object.keys(found).sort(), [
            "eventStream.heap",
            "eventStream.nodes",
            "images.registry",
            // What reads from the buckets that the list leaves out.
            "objectStore.buckets",
            "objectStore.buckets[0].name",
            "objectStore.buckets[0].writers",
            "objectStore.storge",
            "orchestrator.connections.objectStore",
            "surprise",
        ]);
    });

    it("suggests the nearest key for a misspelt one and lists what is allowed", () => {
        const found = problems({ profile: "dev", ...registry, objectStore: { storge: "1Gi" }, eventStrem: {} });
        assert.match(found["objectStore.storge"], /did you mean "storage"\?.*allowed here: .*buckets.*storage/);
        assert.match(found["eventStrem"], /did you mean "eventStream"\?/);
    });

    it("suggests nothing for a key that is like none", () => {
        assert.doesNotMatch(problems({ profile: "dev", ...registry, zzzzzz: 1 })["zzzzzz"], /did you mean/);
    });

    it("tells how to nest a key that was set with dots", () => {
        assert.match(
            problems({ profile: "dev", ...registry, "objectStore.storage": "1Gi" })["objectStore.storage"],
            /--path/,
        );
    });

    it("says what a value must be and what it is", () => {
        const found = problems({
            profile: "dev",
            ...registry,
            eventStream: { nodes: 40, retain: "yes", storage: "10" },
        });
        assert.match(found["eventStream.nodes"], /at most 15, not 40/);
        assert.match(found["eventStream.retain"], /must be true or false, not "yes"/);
        assert.match(found["eventStream.storage"], /such as "512Mi" or "10Gi", not "10"/);
    });

    it("names the profiles for a profile that is none, and still checks the rest", () => {
        const found = problems({ profile: "production", ...registry, oops: 1 });
        assert.match(found["profile"], /"production" is no profile; allowed: dev, staging, prod, sandbox, ephemeral/);
        assert.ok(found["oops"]);
    });

    it("asks the rules even when a key can't be read", () => {
        const found = problems({
            profile: "dev",
            ...registry,
            objectStore: { storge: "1Gi", retain: "yes" },
            eventStream: { nodes: 2 },
        });
        assert.deepEqual(Object.keys(found).sort(), ["eventStream.nodes", "objectStore.retain", "objectStore.storge"]);
    });

    it("never quotes a password back", () => {
        const found = problems({ profile: "dev", ...registry, credentials: { "objectStore.root": "tooshort" } });
        assert.match(found['credentials["objectStore.root"]'], /at least 16 characters/);
        assert.doesNotMatch(JSON.stringify(found), /tooshort/);
    });

    it("holds certificates to lives that their authority can vouch for", () => {
        const found = (certificates: object) => problems({ profile: "dev", ...registry, certificates });
        assert.deepEqual(found({ duration: "48h", renewBefore: "24h" }), {});
        assert.match(found({ duration: "3 months" })["certificates.duration"], /a length of time such as "90d"/);
        assert.match(found({ duration: "9000h" })["certificates.duration"], /at most 8760h/);
        assert.match(found({ duration: "24h", renewBefore: "24h" })["certificates.renewBefore"], /keep it below/);
    });

    it("refuses a password that Kafka's files could not hold, without quoting it", () => {
        const found = problems({
            profile: "dev",
            ...registry,
            credentials: { "eventStream.admin": 'has "quotes" and more' },
        });
        assert.match(found['credentials["eventStream.admin"]'], /letters, digits/);
        assert.doesNotMatch(JSON.stringify(found), /quotes/);
    });

    describe("combinations that can't work", () => {
        const cases: Record<string, { raw: Record<string, unknown>; key: string; says: RegExp }> = {
            "an even number of nodes": {
                raw: { eventStream: { nodes: 2 } },
                key: "eventStream.nodes",
                says: /use 1 or 3/,
            },
            "more in-sync copies than there are": {
                raw: { eventStream: { minInsyncReplicas: 2 } },
                key: "eventStream.minInsyncReplicas",
                says: /2 is more than the copies of "flights" \(1\)/,
            },
            "a heap that fills the container": {
                raw: { eventStream: { heap: "1500m" } },
                key: "eventStream.heap",
                says: /leaves no room/,
            },
            "a request above its limit": {
                raw: { objectStore: { resources: { requests: { memory: "2Gi" }, limits: { memory: "1Gi" } } } },
                key: "objectStore.resources.requests.memory",
                says: /2Gi is more than the limit 1Gi/,
            },
            "the sample without its bucket": {
                raw: { objectStore: { buckets: without("bronze") } },
                key: "objectStore.buckets",
                says: /bucket "bronze".*workloads\.flights\.enabled/,
            },
            "a chart that isn't there": {
                raw: { charts: { minio: "./charts/minoi" } },
                key: "charts.minio",
                says: /no chart in/,
            },
            "a password for nobody": {
                raw: { credentials: { "objectStore.nobody": "0123456789abcdef" } },
                key: 'credentials["objectStore.nobody"]',
                says: /names no user; there are .*objectStore\.root/,
            },
            "prod that forgets its data": {
                raw: { profile: "prod", objectStore: { retain: false } },
                key: "objectStore.retain",
                says: /must be true with profile prod/,
            },
            "prod without protection": {
                raw: { profile: "prod", protect: false },
                key: "protect",
                says: /must be true with profile prod/,
            },
            "the same bucket twice": {
                raw: {
                    objectStore: {
                        buckets: [
                            { name: "bronze", writers: ["land", "audit"] },
                            { name: "bronze", writers: ["land"] },
                        ],
                    },
                },
                key: "objectStore.buckets[1].name",
                says: /"bronze" is there twice/,
            },
        };
        for (const [name, { raw, key, says }] of Object.entries(cases)) {
            it(name, () => assert.match(problems({ profile: "dev", ...registry, ...raw })[key] ?? "accepted", says));
        }

        it("the sample needs nothing when it is switched off", () => {
            const off = {
                objectStore: { buckets: without("bronze", "spark-events") },
                workloads: { flights: { enabled: false } },
            };
            assert.deepEqual(problems({ profile: "dev", ...registry, ...off }), {});
        });
    });
});
