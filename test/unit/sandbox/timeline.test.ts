import assert from "node:assert/strict";

import { criticalPath, ResourceTime } from "../../../engine/builtin/times";
import { renderTimeline, timesFrom } from "../../../sandbox/timeline";

const time = (name: string, began: number, ended: number, dependencies: string[] = []): ResourceTime => ({
    ...{ urn: name, type: "kubernetes:helm.sh/v3:Release", name, dependencies },
    ...{ began: began * 1000, ended: ended * 1000 },
});

const event = (kind: string, name: string, reason: string, second: number) => ({
    ...{ apiVersion: "v1", kind: "Event", metadata: { name: `${name}.${reason}` }, reason },
    involvedObject: { kind, namespace: "ns", name },
    ...(reason === "Scheduled"
        ? { eventTime: new Date(second * 1000).toISOString() }
        : { eventTime: null, lastTimestamp: new Date(second * 1000).toISOString() }),
});

describe("the timeline of an update", () => {
    const update = [
        time("network", 100, 101),
        time("store", 101, 130, ["network"]),
        time("database", 101, 110, ["network"]),
        time("aside", 100, 150),
        time("orchestrator", 130, 190, ["store", "database", "elsewhere"]),
    ];

    it("goes back from what ended last, each time by what that has waited for", () => {
        assert.deepEqual(
            criticalPath(update).map(({ name }) => name),
            ["network", "store", "orchestrator"],
        );
        assert.deepEqual(criticalPath([]), []);
    });

    it("has when pods were scheduled, began and were ready, those of Jobs that are gone too", () => {
        const pods = timesFrom(
            [
                event("Pod", "setup-abcde", "Scheduled", 120),
                event("Pod", "setup-abcde", "Started", 121),
                event("Job", "setup", "Completed", 129),
                event("Pod", "store-0", "Scheduled", 102),
                event("Pod", "store-0", "Started", 103),
                event("Pod", "store-0", "Started", 105),
            ],
            [
                {
                    ...{ apiVersion: "v1", kind: "Pod", metadata: { name: "store-0", namespace: "ns" } },
                    status: {
                        conditions: [
                            { type: "Ready", status: "True", lastTransitionTime: new Date(110_000).toISOString() },
                        ],
                    },
                },
            ],
        );
        assert.deepEqual(pods, [
            { pod: "ns/store-0", scheduled: 102_000, started: 105_000, ready: 110_000 },
            { pod: "ns/setup-abcde", scheduled: 120_000, started: 121_000, ready: 129_000 },
        ]);
        const text = renderTimeline(update, pods);
        assert.match(text, /Release orchestrator +30\.0 +60\.0 +90\.0/);
        assert.match(text, /ns\/store-0 +2\.0 +3\.0 +5\.0 +10\.0/);
        assert.doesNotMatch(text, /aside/);
    });
});
