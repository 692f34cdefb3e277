import { ReportViolation, ResourceValidationPolicy } from "@pulumi/policy";

import { containersOf, podsOf } from "../lib/kinds";
import { at, Part, part, parts, text } from "../lib/objects";

export const workloadSecurity: ResourceValidationPolicy = {
    name: "workload-security",
    description: "Pods are `restricted` by the Pod Security Standards, and write to nothing but their volumes.",
    remediationSteps: "Make the workload through components/etl, whose pods are so.",
    severity: "critical",
    framework: {
        name: "Pod Security Standards",
        version: "v1.34",
        reference: "restricted",
        specification: "https://kubernetes.io/docs/concepts/security/pod-security-standards/",
    },
    validateResource: ({ type, props }, report) => {
        const pods = podsOf({ type, props });
        if (!pods) return;
        checkSecurity(pods.spec, report);
    },
};

/** Reports what keeps a pod from being `restricted`. */
export function checkSecurity(spec: Part, report: ReportViolation): void {
    checkPod(spec, report);
    for (const container of containersOf(spec)) checkContainer(spec, container, report);
}

function checkPod(spec: Part, report: ReportViolation): void {
    for (const host of ["hostNetwork", "hostPID", "hostIPC"]) {
        if (spec[host] === true) report(`${host} opens the node to the pod`);
    }
    for (const volume of parts(spec, "volumes")) {
        if (volume.hostPath) report(`volume ${text(volume, "name") ?? "?"} is a directory of the node`);
    }
    if (parts(spec, "ephemeralContainers").length > 0) report("it comes with containers for debugging");
}

function checkContainer(spec: Part, container: Part, report: ReportViolation): void {
    const name = `container ${text(container, "name") ?? "?"}`;
    const pod = part(spec, "securityContext");
    const own = part(container, "securityContext");
    const either = (key: string) => own[key] ?? pod[key];
    if (either("runAsNonRoot") !== true) report(`${name} may run as root: runAsNonRoot isn't true`);
    if (either("runAsUser") === 0) report(`${name} runs as root: runAsUser is 0`);
    if (own.privileged === true) report(`${name} is privileged`);
    if (own.allowPrivilegeEscalation !== false) report(`${name}: allowPrivilegeEscalation isn't false`);
    if (own.readOnlyRootFilesystem !== true) report(`${name}: readOnlyRootFilesystem isn't true`);
    const profile = text(own, "seccompProfile", "type") ?? text(pod, "seccompProfile", "type");
    if (profile !== "RuntimeDefault" && profile !== "Localhost") report(`${name} has no seccompProfile`);
    const dropped = at(own, "capabilities", "drop");
    if (!Array.isArray(dropped) || !dropped.includes("ALL")) report(`${name} keeps capabilities: drop ALL`);
    const added = at(own, "capabilities", "add");
    if (Array.isArray(added) && added.some((capability) => capability !== "NET_BIND_SERVICE")) {
        report(`${name} adds capabilities`);
    }
    const ports = parts(container, "ports").filter(({ hostPort }) => Number(hostPort ?? 0) > 0);
    if (ports.length > 0) report(`${name} takes a port of the node`);
}
