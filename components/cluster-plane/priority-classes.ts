import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";

import { labels } from "../labels";
import { priorityClasses } from "../placement";

const descriptions = {
    platform: "Servers of the data platform: without them nothing else works.",
    critical: "ETL that people wait for.",
    batch: "All other ETL: it waits for room and never takes it from others.",
};

/** The PriorityClasses of the platform, once a cluster. */
export function makePriorityClasses(opts: pulumi.CustomResourceOptions): k8s.scheduling.v1.PriorityClass[] {
    return Object.entries(priorityClasses).map(
        ([part, { name, value, preemptionPolicy }]) =>
            new k8s.scheduling.v1.PriorityClass(
                name,
                {
                    metadata: { name, labels: labels({ name, component: "cluster-plane" }) },
                    value,
                    preemptionPolicy,
                    description: descriptions[part as keyof typeof descriptions],
                },
                opts,
            ),
    );
}
