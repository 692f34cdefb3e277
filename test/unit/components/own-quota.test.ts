import assert from "node:assert/strict";
import { join } from "node:path";

import { collect } from "../../support/collect";

interface Own {
    services?: object[];
    cronJobs?: object[];
    jobs?: object[];
}

const evaluate = (own: Own, jobs?: object) =>
    collect({
        program: join(__dirname, "../fixtures/own-quota.ts"),
        stack: "sandbox",
        config: {
            "data-platform:profile": "sandbox",
            ...(jobs ? { "data-platform:namespaces": JSON.stringify({ quotas: { jobs } }) } : {}),
            "test:own": JSON.stringify(own),
        },
    });

const ten = { autoscale: { min: 1, max: 10 } };

describe("the quota of jobs and workloads of one's own", function () {
    this.timeout(120_000);

    it("lets in what has room, a service with all its pods and runs one at a time", async () => {
        const own = { services: [{ replicas: 2 }], cronJobs: [{}, {}, {}, {}], jobs: [{}] };
        await evaluate(own, { memory: "2432Mi", memoryLimit: "8Gi", pods: 9, cpu: "1" });
        await evaluate({ services: [ten] });
    });

    const refused = async (own: Own, jobs?: object) => {
        try {
            await evaluate(own, jobs);
        } catch (error) {
            return (error as Error).message;
        }
        throw new assert.AssertionError({ message: "it fits" });
    };

    it("refuses a service whose most pods have no room, with what is too much", async () => {
        const message = await refused({ services: [ten] }, { memory: "2Gi" });
        assert.match(message, /have 1 problem;/);
        assert.match(
            message,
            /the stack file: namespaces\.quotas\.jobs\.memory: 2Gi is less than what is declared there, \d+Mi \(.*10 x EtlService "service-0"\); raise it, or declare less/,
        );
    });

    it("refuses what has no room in the profile's own quota", async () => {
        const service = {
            replicas: 40,
            resources: { requests: { cpu: "10m", memory: "512Mi" }, limits: { memory: "512Mi" } },
        };
        assert.match(await refused({ services: [service] }), /quotas\.jobs\.memory: \d+Gi is less/);
    });

    it("refuses a run that has no room beside what is there all the time, and tells every resource at once", async () => {
        const large = { resources: { requests: { cpu: "4", memory: "8Gi" }, limits: { memory: "16Gi" } } };
        const message = await refused(
            { services: [{}], cronJobs: [{}, large] },
            { memory: "4Gi", memoryLimit: "8Gi", cpu: "2" },
        );
        for (const key of ["memory", "memoryLimit", "cpu"]) assert.ok(message.includes(`quotas.jobs.${key}: `), key);
        assert.match(message, /1 x EtlService "service-0", 1 x EtlCronJob "cron-1"\)/);
    });

    it("counts what runs beside a workload, and the largest of what runs before it", async () => {
        const resources = { requests: { cpu: "50m", memory: "1Gi" }, limits: { memory: "1Gi" } };
        const init = (name: string, sidecar: boolean) => ({ name, command: ["x"], resources, sidecar });
        const own = (sidecar: boolean) => ({
            cronJobs: [{ initContainers: [init("one", sidecar), init("two", sidecar)] }],
        });
        await evaluate(own(false), { memory: "1536Mi" });
        assert.match(await refused(own(true), { memory: "1536Mi" }), /quotas\.jobs\.memory/);
    });
});
