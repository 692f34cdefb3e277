import { ReportViolation, ResourceValidationPolicy } from "@pulumi/policy";

import { kindIn } from "../lib/kinds";
import { at, isPart, Part, part, parts, text } from "../lib/objects";
import { isProduction } from "../lib/profile";

export const kafkaResources: ResourceValidationPolicy = {
    name: "kafka-resources",
    description:
        "Strimzi's Kafka: listeners with TLS and a password, rights by user, nodes with resources, volumes that stay.",
    remediationSteps: "Make it through components/kafka.",
    severity: "critical",
    validateResource: ({ type, props }, report) => {
        const check = checks[kindIn("kafka.strimzi.io", type) ?? ""];
        check?.(part(props, "spec"), report);
    },
};

const checks: Record<string, ((spec: Part, report: ReportViolation) => void) | undefined> = {
    Kafka: (spec, report) => {
        const listeners = parts(spec, "kafka", "listeners");
        if (listeners.length === 0) report("it has no listeners");
        for (const listener of listeners) {
            const name = `listener ${text(listener, "name") ?? "?"}`;
            if (listener.tls !== true) report(`${name} speaks in the clear`);
            if (!text(listener, "authentication", "type")) report(`${name} lets anybody in`);
            if (["nodeport", "loadbalancer"].includes(text(listener, "type") ?? "")) {
                report(`${name} opens a port outside the cluster`);
            }
        }
        if (!text(spec, "kafka", "authorization", "type"))
            report("every user may do everything: it has no authorization");
        const { superUsers } = part(spec, "kafka", "authorization");
        if (Array.isArray(superUsers) && superUsers.length > 1)
            report("more than one user may do everything (superUsers)");
        const config = part(spec, "kafka", "config");
        if (String(config["auto.create.topics.enable"]) !== "false") {
            report("auto.create.topics.enable isn't false: a wrong name would make a topic");
        }
        if (isProduction() && Number(config["min.insync.replicas"] ?? 1) < 2) {
            report("min.insync.replicas is below 2: a record may be on one node only");
        }
    },
    KafkaNodePool: (spec, report) => {
        if (at(spec, "resources", "requests", "memory") === undefined) report("no resources.requests.memory");
        if (at(spec, "resources", "requests", "cpu") === undefined) report("no resources.requests.cpu");
        if (at(spec, "resources", "limits", "memory") === undefined) report("no resources.limits.memory");
        for (const volume of [part(spec, "storage"), ...parts(spec, "storage", "volumes")]) {
            if (volume.type === "ephemeral") report("its storage ends with each pod (ephemeral)");
            if (isProduction() && volume.deleteClaim === true) report("its volumes go with it (deleteClaim)");
        }
    },
    KafkaUser: (spec, report) => {
        if (!text(spec, "authentication", "type")) report("it needs no password");
        // Without a list it may do nothing, unless Kafka's own list of administrators has it.
        const { acls } = part(spec, "authorization");
        for (const acl of Array.isArray(acls) ? acls.filter(isPart) : []) {
            const all = text(acl, "resource", "name") === "*";
            const verbs = Array.isArray(acl.operations) ? (acl.operations as unknown[]) : [];
            if (all && verbs.includes("All")) report("it may do everything with everything");
        }
    },
    KafkaTopic: (spec, report) => {
        for (const key of ["partitions", "replicas"]) {
            if (typeof spec[key] !== "number") report(`${key}: say how many; the broker's default may change`);
        }
    },
};
