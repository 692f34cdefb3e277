import assert from "node:assert/strict";

import { profiles } from "../../../config/profiles";
import { configProblems } from "../../support/config-problems";

const dev = { profile: "dev", images: { registry: "registry.example.com/data-platform" } };

function problems(raw: Record<string, unknown>): Record<string, string> {
    return configProblems({ ...dev, ...raw });
}

describe("config of the orchestrator", () => {
    const git = { kind: "git", repo: "https://git.example.com/dags.git" };

    it("takes DAGs from a repository, with the official chart only", () => {
        assert.deepEqual(problems({ orchestrator: { dags: git } }), {});
        assert.match(
            problems({ orchestrator: { dags: git }, charts: { airflow: "./charts/airflow" } })[
                "orchestrator.dags.kind"
            ],
            /official chart.*https:\/\/airflow\.apache\.org/,
        );
    });

    it("says what a repository lacks, or has that the image doesn't need", () => {
        assert.match(problems({ orchestrator: { dags: { kind: "git" } } })["orchestrator.dags.repo"], /is missing/);
        assert.match(
            problems({ orchestrator: { dags: { kind: "image", ref: "main" } } })["orchestrator.dags.ref"],
            /is for orchestrator\.dags\.kind git/,
        );
    });

    it("wants user and token of a private repository together", () => {
        const token = { "orchestrator.git": "a-token-of-the-repository" };
        const user = { ...git, username: "reader" };
        assert.match(problems({ orchestrator: { dags: user } })['credentials["orchestrator.git"]'], /--secret/);
        assert.match(
            problems({ orchestrator: { dags: git }, credentials: token })["orchestrator.dags.username"],
            /is missing/,
        );
        assert.deepEqual(problems({ orchestrator: { dags: user }, credentials: token }), {});
        assert.match(problems({ credentials: token })['credentials["orchestrator.git"]'], /names no user/);
    });

    it("takes a password of the administrator's own", () => {
        assert.deepEqual(problems({ credentials: { "orchestrator.admin": "sixteen-letters-or-more" } }), {});
    });

    it("wants a bucket for the task logs", () => {
        const buckets = profiles.dev.objectStore.buckets.filter(({ name }) => name !== "logs");
        const found = problems({ objectStore: { buckets }, orchestrator: { connections: { objectStore: "land" } } });
        assert.match(found["objectStore.buckets"], /"logs".*"airflow"/);
    });

    it("knows the applications that connections name", () => {
        const connections = { objectStore: "nobody", eventStream: "nobody", tracking: "nobody" };
        const found = problems({ orchestrator: { connections } });
        assert.match(found["orchestrator.connections.objectStore"], /no bucket names it; there are airflow, audit/);
        assert.match(found["orchestrator.connections.eventStream"], /no topic names it; there are airflow, gold/);
        assert.match(found["orchestrator.connections.tracking"], /there are score, train/);
    });

    it("wants requests within limits, for each part", () => {
        const resources = { requests: { cpu: "100m", memory: "2Gi" }, limits: { memory: "1Gi" } };
        for (const part of ["apiServer", "scheduler", "dagProcessor", "triggerer", "worker"]) {
            const found = problems({ orchestrator: { [part]: { resources } } });
            assert.match(found[`orchestrator.${part}.resources.requests.memory`], /more than the limit 1Gi/);
        }
    });
});
