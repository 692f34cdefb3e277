import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

import * as pulumi from "@pulumi/pulumi";

import { isWall, podFacts, sparkFacts, wallsOf } from "../../../components/admission/facts";
import { readsOf } from "../../../components/admission/reads";
import { workerDeclaration } from "../../../components/airflow/worker";
import { listAt, Manifest, mapAt, readObjects } from "../../../kubernetes/objects";
import { repoRoot } from "../../../lib/paths";
import { chartValues } from "../../support/airflow";

describe("what is declared of a pod that code of others starts", () => {
    it("has every form in which a pod gets at a Secret or a claim", () => {
        const spec = {
            containers: [
                {
                    env: [
                        { name: "A", valueFrom: { secretKeyRef: { name: "one", key: "k" } } },
                        { name: "B", value: "x" },
                    ],
                    envFrom: [{ secretRef: { name: "two" } }, { configMapRef: { name: "settings" } }],
                },
            ],
            initContainers: [{ env: [{ name: "C", valueFrom: { secretKeyRef: { name: "three", key: "k" } } }] }],
            volumes: [
                { name: "a", secret: { secretName: "four" } },
                { name: "b", secret: { secretName: "five", items: [{ key: "ca.crt", path: "ca.crt" }] } },
                { name: "c", projected: { sources: [{ secret: { name: "six", items: [{ key: "k", path: "k" }] } }] } },
                { name: "d", persistentVolumeClaim: { claimName: "models" } },
                { name: "e", csi: { driver: "d", nodePublishSecretRef: { name: "seven" } } },
                { name: "f", ephemeral: { volumeClaimTemplate: {} } },
                { name: "g", emptyDir: {} },
            ],
            imagePullSecrets: [{ name: "eight" }],
        };
        assert.deepEqual([...readsOf(spec)].sort(), [
            ...[
                "claim:models",
                "csi:d",
                "ephemeral",
                "five/ca.crt",
                "four/*",
                "one/k",
                "pull:eight",
                "seven/*",
                "six/*",
            ],
            ...["three/k", "two/*"],
        ]);
    });

    it("may have a claim that is known later, and no Secret: that stands in plain text", async () => {
        const [claim] = readsOf({ persistentVolumeClaim: { claimName: pulumi.output("models") } });
        assert.equal(await new Promise((resolve) => pulumi.output(claim).apply(resolve)), "claim:models");
        assert.throws(
            () => readsOf({ secret: { secretName: pulumi.output("one") } }),
            /must name its Secrets in plain text/,
        );
    });

    it("has those labels that walls go by, and no version, which changes with each image", () => {
        const labels = {
            "app.kubernetes.io/name": "audit",
            "app.kubernetes.io/version": "1",
            "data-platform.io/uses-kafka": "true",
            component: "worker",
            dag_id: "flights",
        };
        assert.deepEqual(wallsOf(labels), [
            "app.kubernetes.io/name=audit",
            "data-platform.io/uses-kafka=true",
            "component=worker",
        ]);
    });

    it("is of driver and executors together for a Spark job", () => {
        const template = (name: string) => ({
            metadata: { labels: { "app.kubernetes.io/name": name } },
            spec: { containers: [{ envFrom: [{ secretRef: { name } }] }] },
        });
        const facts = sparkFacts({
            kind: "SparkApplication",
            metadata: { name: "gold", namespace: "jobs" },
            spec: {
                mainApplicationFile: "local:///gold.py",
                driver: { serviceAccount: "gold", template: template("a") },
                executor: { template: template("b") },
            },
        });
        assert.deepEqual([facts.serviceAccount, facts.reads], ["gold", ["a/*", "b/*"]]);
        // The last one is what Spark writes by itself.
        assert.deepEqual(facts.labels, [
            ...["app.kubernetes.io/name=a", "app.kubernetes.io/name=b"],
            "app.kubernetes.io/component=spark",
        ]);
        assert.equal(podFacts({ metadata: { namespace: "jobs" }, spec: {} }).serviceAccount, "default");
    });

    it("of a task's own pod has neither keys nor the database, and what a team's own values add", () => {
        const own = chartValues();
        const { pod } = workerDeclaration("airflow", "dev-orchestration", own, undefined);
        assert.deepEqual(
            [...new Set(pod.reads)].filter((read) => /keys|postgresql|admin/.test(JSON.stringify(read))),
            [],
        );
        assert.deepEqual([...new Set(pod.reads)].sort(), [
            "airflow-connections/connections.json",
            "platform-ca/ca.crt",
        ]);
        assert.ok(pod.labels.includes("component=worker") && !pod.labels.includes("component=scheduler"));
        const teams = {
            workers: {
                labels: { "app.kubernetes.io/team": "ours" },
                extraVolumes: [{ secret: { secretName: "ours" } }],
            },
            extraEnv: "- name: A\n  valueFrom: { secretKeyRef: { name: theirs, key: k } }\n",
        };
        const more = workerDeclaration("airflow", "dev-orchestration", own, teams).pod;
        assert.ok(more.reads.includes("ours/*") && more.reads.includes("theirs/k"));
        assert.ok(more.labels.includes("app.kubernetes.io/team=ours"));
        const pulling = { imagePullSecrets: [{ name: "new" }], registry: { secretName: "old" } };
        const { reads } = workerDeclaration("airflow", "dev-orchestration", own, pulling).pod;
        // The kubelet reads them; a pod that mounts one asks for more.
        assert.deepEqual(reads.filter((read) => /new|old/.test(JSON.stringify(read))).sort(), ["pull:new", "pull:old"]);
    });
});

describe("the labels that walls go by", () => {
    const selectors = (object: Manifest): Record<string, unknown>[] => {
        if (object.kind === "Service") return [{ matchLabels: mapAt(object, "spec", "selector") }];
        if (object.kind !== "NetworkPolicy") return [];
        const peers = [
            ...listAt(object, "spec", "ingress").flatMap((rule) => listAt(rule, "from")),
            ...listAt(object, "spec", "egress").flatMap((rule) => listAt(rule, "to")),
        ];
        return [mapAt(object, "spec", "podSelector"), ...peers.map((peer) => mapAt(peer, "podSelector"))];
    };

    for (const stack of ["dev", "prod", "sandbox", "staging"]) {
        it(`are those of every NetworkPolicy and Service of ${stack} that pods of jobs and of Airflow could pose by`, () => {
            const keys = new Set<string>();
            for (const folder of ["jobs", "orchestration"].map((system) =>
                join(repoRoot, "test/golden", stack, `${stack}-${system}`),
            ))
                for (const file of readdirSync(folder))
                    for (const selector of readObjects(readFileSync(join(folder, file), "utf8")).flatMap(selectors)) {
                        Object.keys(mapAt(selector, "matchLabels")).forEach((key) => keys.add(key));
                        listAt(selector, "matchExpressions").forEach(({ key }) => keys.add(String(key)));
                    }
            assert.ok(keys.size >= 5, [...keys].join());
            // The cluster's DNS, whose pods are in a namespace of its own.
            const open = [...keys].filter((key) => !isWall(key));
            assert.deepEqual(open, []);
        });
    }
});
