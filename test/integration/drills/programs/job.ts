// A workload that runs once for each version of itself; or a plain Job that cleans up after itself.
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";

import { kubernetesProvider, EtlJob, placements } from "../../../../components";
import { makePriorityClasses } from "../../../../components/cluster-plane";
import { restrictedNamespace } from "../../../../components/namespace";

const config = new pulumi.Config("drill");
const provider = kubernetesProvider("cluster", {});
const classes = makePriorityClasses({ provider });
const namespace = restrictedNamespace(
    "drill-jobs",
    { system: "jobs", podSecurityVersion: "v1.34", quota: { pods: "10" } },
    { provider },
);
const image = `example.com/etl:${config.get("version") ?? "1"}`;
const etl = new EtlJob(
    "load",
    {
        ...{ namespace, image, command: ["load"], timeout: 60 },
        resources: { requests: { cpu: "10m", memory: "16Mi" }, limits: { memory: "32Mi" } },
        placements: placements({ platform: {}, batch: {} }),
    },
    { provider, dependsOn: classes },
);

const ttl = config.getNumber("ttl");
if (ttl !== undefined) {
    const job = pulumi.all([etl.jobName]).apply(() => "forgetful");
    new k8s.batch.v1.Job(
        "forgetful",
        {
            metadata: { name: job, namespace: namespace.ready },
            spec: {
                ttlSecondsAfterFinished: ttl,
                template: {
                    spec: {
                        restartPolicy: "Never",
                        securityContext: { runAsNonRoot: true, seccompProfile: { type: "RuntimeDefault" } },
                        containers: [
                            {
                                ...{ name: "main", image },
                                securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] } },
                                resources: { requests: { cpu: "10m", memory: "16Mi" }, limits: { memory: "32Mi" } },
                            },
                        ],
                    },
                },
            },
        },
        { provider },
    );
}
