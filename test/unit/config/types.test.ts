import assert from "node:assert/strict";

import { parse } from "../../../config/parse";
import { configProblems } from "../../support/config-problems";

const usual = { profile: "dev", images: { registry: "registry.example.com/data-platform" } };
const resources = (cpu: unknown) => ({ requests: { cpu, memory: "1Gi" }, limits: { memory: "2Gi" } });
const topics = (config: unknown) => [
    ...parse(usual, "dev").eventStream.topics,
    { name: "orders", partitions: 1, producers: [], consumers: [], config },
];

/** What a path of a config comes to. */
function read(raw: Record<string, unknown>, path: string): unknown {
    const config: unknown = parse({ ...usual, ...raw }, "dev");
    return path.split("/").reduce((at, part) => (at as Record<string, unknown>)[part], config);
}

describe("numbers, booleans and texts of a config", () => {
    for (const [raw, path, value] of [
        [{ database: { resources: resources(2) } }, "database/resources/requests/cpu", "2"],
        [{ database: { resources: resources(0.5) } }, "database/resources/requests/cpu", "500m"],
        [
            { eventStream: { topics: topics({ "retention.ms": 604800000 }) } },
            "eventStream/topics/5/config/retention.ms",
            "604800000",
        ],
        [{ eventStream: { topics: topics({ "retention.ms": -1 }) } }, "eventStream/topics/5/config/retention.ms", "-1"],
        [
            { eventStream: { topics: topics({ "min.cleanable.dirty.ratio": 0.5 }) } },
            "eventStream/topics/5/config/min.cleanable.dirty.ratio",
            "0.5",
        ],
        [{ eventStream: { topics: topics({ preallocate: true }) } }, "eventStream/topics/5/config/preallocate", "true"],
        [{ ingress: { annotations: { "example.com/order": 7 } } }, "ingress/annotations/example.com/order", undefined],
        [{ scheduling: { batch: { nodeSelector: { pool: 3 } } } }, "scheduling/batch/nodeSelector/pool", "3"],
        [{ orchestrator: { parallelism: "8" } }, "orchestrator/parallelism", 8],
        [{ protect: "true" }, "protect", true],
        [{ objectStore: { console: "false" } }, "objectStore/console", false],
        [{ kubernetes: { apiServer: { ports: ["443", 6443] } } }, "kubernetes/apiServer/ports/0", 443],
    ] as const) {
        it(`takes ${JSON.stringify(raw).slice(0, 100)}`, () => {
            if (value === undefined) assert.deepEqual(configProblems({ ...usual, ...raw }, "dev"), {});
            else assert.strictEqual(read(raw, path.replace("topics/5", `topics/${topics({}).length - 1}`)), value);
        });
    }

    for (const [raw, key, message] of [
        [
            { chartValues: { airflow: { airflowPodAnnotations: { "sidecar.istio.io/inject": false } } } },
            'chartValues.airflow.airflowPodAnnotations["sidecar.istio.io/inject"]',
            /must be a text, not false; write "false" in quotes in YAML, or `pulumi config set --path --type string 'chartValues\.airflow\.airflowPodAnnotations\["sidecar\.istio\.io\/inject"\]' false`/,
        ],
        [
            { chartValues: { keda: { additionalLabels: { release2: 1.1 } } } },
            "chartValues.keda.additionalLabels.release2",
            /must be a text, not 1\.1; write "1\.1" in quotes/,
        ],
        [{ chartVersions: { airflow: 1.22 } }, "chartVersions.airflow", /must be a text, not 1\.22/],
        [{ orchestrator: { parallelism: "many" } }, "orchestrator.parallelism", /must be a number, not "many"/],
        [{ orchestrator: { parallelism: "08" } }, "orchestrator.parallelism", /must be a number/],
        [{ protect: "yes" }, "protect", /must be true or false, not "yes"/],
        [{ protect: 1 }, "protect", /must be true or false, not 1/],
        [{ objectStore: "" }, "objectStore", /has no value; it must be a group of keys, or the key is left out/],
        [{ objectStore: null }, "objectStore", /has no value/],
        [{ objectStore: { storage: null } }, "objectStore.storage", /has no value; it must be a text/],
        [
            { kubernetes: { apiServer: { ports: 443 } } },
            "kubernetes.apiServer.ports",
            /must be a list, not 443; its first entry is set by the path 'kubernetes\.apiServer\.ports\[0\]'/,
        ],
        [
            { ingress: { annotations: { example: { "com/team": "x" } } } },
            "ingress.annotations.example",
            /must be a text, not .*; a name with dots in it is one part of a path, as in \["example\.com\/team"\]/,
        ],
        [
            { eventStream: { topics: topics({ retention: { ms: 1 } }) } },
            `eventStream.topics[${topics({}).length - 1}].config.retention`,
            /did you mean "retention\.ms"/,
        ],
        [
            { credentials: { "orchestrator.admin": true } },
            'credentials["orchestrator.admin"]',
            /must be a text, not the one given$/,
        ],
    ] as const) {
        it(`refuses ${JSON.stringify(raw).slice(0, 100)}`, () => {
            const found = configProblems({ ...usual, ...raw }, "dev");
            assert.ok(key in found, JSON.stringify(found));
            assert.match(found[key], message);
        });
    }
});
