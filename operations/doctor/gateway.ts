import { gatewayProblems, namespaceOwners } from "../../components/preflight";
import type { PlatformConfig } from "../../config/schema";
import { proxiesOf } from "../../config/sections/ingress";
import type { KubeObject } from "../../kubernetes/client";
import { listAt, mapAt } from "../../kubernetes/objects";
import type { Finding } from "../findings";
import { finding, passed } from "./catalog";
import { named, text } from "./objects";

const group = "gateway.networking.k8s.io";

/** Group and version of the kinds of the Gateway API. */
export const gatewayKinds = `${group}/v1`;

const id = "DP-NETWORK-007";

/** As a cluster has it. */
export interface GatewayFacts {
    definitions: KubeObject[];
    classes: KubeObject[];
    gateways: KubeObject[];
    namespaces: KubeObject[];
}

type Gateway = NonNullable<PlatformConfig["ingress"]["gateway"]>;

/** Findings on the Gateway API, and on the class or the Gateway that the config names. */
export function gatewayFindings(
    stack: string,
    config: PlatformConfig,
    gateway: Gateway,
    facts: GatewayFacts,
): Finding[] {
    const api = apiFinding(facts.definitions);
    if (api.level === "error") return [api];
    const hosts = Object.values(config.ingress.hosts).filter((host) => host !== undefined);
    return gateway.name === undefined
        ? [api, ...ownFindings(stack, config, gateway, facts)]
        : [api, ...thereFindings(gateway, hosts, facts.gateways)];
}

/** Whether the kinds that the stack makes are there: BackendTLSPolicy is in v1 since 1.4. */
function apiFinding(definitions: KubeObject[]): Finding {
    const subject = "the Gateway API";
    const missing = ["gateways", "httproutes", "backendtlspolicies"].filter((plural) => {
        const definition = definitions.find(({ metadata }) => metadata.name === `${plural}.${group}`);
        return !listAt(definition, "spec", "versions").some(({ name, served }) => name === "v1" && served !== false);
    });
    const [bundle] = definitions
        .filter(({ metadata }) => metadata.name.endsWith(`.${group}`))
        .flatMap(({ metadata }) => metadata.annotations?.[`${group}/bundle-version`] ?? []);
    if (missing.length === 0) return passed(id, subject, `is there${bundle ? ` (${bundle})` : ""}`);
    return finding(
        id,
        "error",
        subject,
        `the cluster has ${bundle ?? "none of it"}, without ${named(missing)} in v1, which come with 1.4`,
        "install an implementation that brings Gateway API 1.4 or newer, standard channel, or set ingress.className in place of ingress.gateway (docs/access.md)",
    );
}

/** What a Gateway of the stack's own stands on, and what has become of it. */
function ownFindings(
    stack: string,
    config: PlatformConfig,
    { className, namespace = proxiesOf(config.ingress).namespace }: Gateway,
    { classes, gateways, namespaces }: GatewayFacts,
): Finding[] {
    const key = "ingress.gateway.className";
    const found = classes.find(({ metadata }) => metadata.name === className);
    const there = named(classes.map(({ metadata }) => metadata.name)) || "none";
    const accepted = found && conditionOf(found, "Accepted");
    const features = listAt(found, "status", "supportedFeatures").map(({ name }) => text(name));
    const classFinding = !found
        ? finding(
              id,
              "error",
              key,
              `"${className}" is no GatewayClass of the cluster; there are ${there}`,
              `pulumi config set --stack ${stack} --path 'data-platform:${key}' <class>`,
          )
        : accepted?.status !== "True"
          ? finding(
                id,
                "error",
                key,
                `nobody has accepted the GatewayClass ${className}: ${accepted?.message ?? "its controller isn't running"}`,
                `kubectl describe gatewayclass ${className}`,
            )
          : features.length > 0 && !features.includes("BackendTLSPolicy")
            ? finding(
                  id,
                  "warning",
                  key,
                  `the controller of ${className} doesn't say that it knows BackendTLSPolicy: it would ask the pages in the clear`,
                  "a newer release of it, or another class (docs/access.md)",
              )
            : passed(id, key, `${className} is there, and accepted`);
    const place = gatewayProblems(config, { namespaces: namespaceOwners(namespaces) }).map(({ key, message }) =>
        finding(id, "error", key, message, `kubectl create namespace ${namespace}`),
    );
    const own = find(gateways, namespace, `${stack}-ingress`);
    return [classFinding, ...place, ...(own ? [programmed(own)] : [])];
}

/** Whether a Gateway that is there takes the stack's routes. */
function thereFindings(
    { name = "", namespace = "", sectionName }: Gateway,
    hosts: string[],
    gateways: KubeObject[],
): Finding[] {
    const key = "ingress.gateway.name";
    const found = find(gateways, namespace, name);
    if (!found) {
        const there = named(gateways.map(({ metadata }) => `${metadata.namespace}/${metadata.name}`)) || "none";
        const message = `there is no Gateway ${namespace}/${name}; there are ${there}`;
        return [finding(id, "error", key, message, "kubectl get gateways --all-namespaces, and name one of them")];
    }
    const listeners = listAt(found, "spec", "listeners");
    const listener = listeners.find((each) => each.name === sectionName);
    return [programmed(found), listenerFinding(`${namespace}/${name}`, sectionName, { listener, listeners }, hosts)];
}

type Listener = Record<string, unknown>;

function listenerFinding(
    gateway: string,
    sectionName: string | undefined,
    { listener, listeners }: { listener?: Listener; listeners: Listener[] },
    hosts: string[],
): Finding {
    const key = "ingress.gateway.sectionName";
    const fix = (command: string) => `${command} (kubectl -n ${gateway.replace("/", " edit gateway ")})`;
    if (!listener) {
        const there = named(listeners.map(({ name }) => text(name) ?? "")) || "none";
        const message = `${gateway} has no listener "${sectionName}"; there are ${there}`;
        return finding(id, "error", key, message, "name one of them for HTTPS");
    }
    const { protocol, hostname } = listener;
    if (protocol !== "HTTPS") {
        const message = `the listener "${sectionName}" of ${gateway} is for ${text(protocol)}: passwords would go in the clear`;
        return finding(id, "error", key, message, "name one for HTTPS");
    }
    const from = text(mapAt(listener, "allowedRoutes", "namespaces").from) ?? "Same";
    if (from !== "All" && from !== "Selector") {
        const message = `the listener "${sectionName}" of ${gateway} takes routes of its own namespace only`;
        return finding(id, "error", key, message, fix("allow the stack's namespaces in allowedRoutes.namespaces"));
    }
    const wanted = text(hostname);
    const outside = hosts.filter((host) => wanted !== undefined && !covers(wanted, host));
    if (outside.length > 0) {
        const message = `the listener "${sectionName}" of ${gateway} is for ${wanted}, and not for ${named(outside)}`;
        return finding(id, "error", key, message, "another listener, or other hosts (ingress.hosts)");
    }
    return passed(id, key, `"${sectionName}" takes routes by HTTPS${from === "Selector" ? ", by its selector" : ""}`);
}

/** Tells whether a listener's host name, `*.` at its beginning allowed, is that of a host. */
function covers(pattern: string, host: string): boolean {
    return pattern.startsWith("*.") ? host.endsWith(pattern.slice(1)) : host === pattern;
}

function programmed(gateway: KubeObject): Finding {
    const { namespace, name } = gateway.metadata;
    const bad = ["Accepted", "Programmed"].find((type) => conditionOf(gateway, type)?.status !== "True");
    const subject = `the Gateway ${namespace}/${name}`;
    if (!bad) return passed(id, subject, "is accepted and programmed");
    const message = conditionOf(gateway, bad)?.message ?? "its controller hasn't looked at it";
    return finding(
        id,
        "warning",
        subject,
        `isn't ${bad.toLowerCase()}: ${message}`,
        `kubectl -n ${namespace} describe gateway ${name}`,
    );
}

function find(objects: KubeObject[], namespace: string, name: string): KubeObject | undefined {
    return objects.find(({ metadata }) => metadata.namespace === namespace && metadata.name === name);
}

function conditionOf(object: KubeObject, type: string): { status?: string; message?: string } | undefined {
    const found = listAt(object, "status", "conditions").find((each) => each.type === type);
    return found && { status: text(found.status), message: text(found.message) };
}
