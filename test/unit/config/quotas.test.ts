import assert from "node:assert/strict";

import { configProblems } from "../../support/config-problems";
import { collect } from "../../support/collect";
import { readStackConfig, stackFile } from "../../../program/stack-config";

/** Quota and defaults of the namespace of jobs. */
async function limitsOf(jobs: object) {
    const { values } = readStackConfig(stackFile("sandbox"));
    const key = "data-platform:namespaces";
    const { quotas, ...rest } = JSON.parse(values[key] ?? "{}") as { quotas?: { jobs?: object } };
    const namespaces = { ...rest, quotas: { ...quotas, jobs: { ...quotas?.jobs, ...jobs } } };
    const made = await collect({ stack: "sandbox", config: { ...values, [key]: JSON.stringify(namespaces) } });
    const spec = (type: string, name: string) => made.one(type, name).inputs.spec as Record<string, unknown>;
    return {
        hard: spec("ResourceQuota", "sandbox-jobs-quota").hard as Record<string, string>,
        range: (spec("LimitRange", "sandbox-jobs-defaults").limits as { defaultRequest: Record<string, string> }[])[0],
    };
}

describe("quotas", () => {
    it("count devices and the nodes' disks where the stack file says so; then what says nothing asks for some", async () => {
        const { hard, range } = await limitsOf({ devices: { "nvidia.com/gpu": 4 }, ephemeralStorage: "102400Mi" });
        assert.equal(hard["requests.nvidia.com/gpu"], "4");
        assert.equal(hard["requests.ephemeral-storage"], "100Gi");
        assert.equal(range.defaultRequest["ephemeral-storage"], "64Mi");
    });

    it("don't otherwise", async () => {
        const { hard, range } = await limitsOf({});
        assert.deepEqual(
            Object.keys(hard).filter((key) => /gpu|ephemeral/.test(key)),
            [],
        );
        assert.deepEqual(range.defaultRequest, { cpu: "50m", memory: "128Mi" });
    });

    it("of what is no device, or no size, are refused", () => {
        const found = configProblems({
            profile: "sandbox",
            namespaces: { quotas: { jobs: { devices: { gpu: 1, "nvidia.com/gpu": -1 }, ephemeralStorage: "1g" } } },
        });
        assert.match(found["namespaces.quotas.jobs.devices.gpu"], /the resource of a device/);
        assert.match(found['namespaces.quotas.jobs.devices["nvidia.com/gpu"]'], /at least 0/);
        assert.match(found["namespaces.quotas.jobs.ephemeralStorage"], /did you mean "1Gi"/);
    });
});
