import type { ApisApi, CoreV1Api, CustomObjectsApi, KubeConfig, StorageV1Api } from "@kubernetes/client-node";

import { ConfigError, Problem } from "../config/errors";
import { PlatformConfig } from "../config/schema";
import { hasHosts, proxiesOf } from "../config/sections/ingress";
import { systems } from "../config/sizing/part";
import { kubeconfigFiles, layered } from "../kubernetes/kubeconfig-files";
import { prefix } from "./labels";

/** Seconds that the API server is given for each answer. */
const timeoutSeconds = 10;

/** Facts of the cluster that the config is checked against. */
export interface ClusterFacts {
    /** Names of the storage classes, and which of them are the default. Undefined: may not be listed. */
    storageClasses?: { name: string; isDefault: boolean }[];
    /** Namespaces by name: the stack that has made each, if one has. Undefined: may not be listed. */
    namespaces?: Map<string, string | undefined>;
    /** The cluster knows CiliumNetworkPolicies. Undefined: can't be asked. */
    cilium?: boolean;
}

/**
 * Holds the config against the cluster before anything in it is changed: storage classes that aren't there, namespaces that
 * somebody else owns, and one that nobody has made for a Gateway. Whatever can't be asked (no cluster yet, no right to list) isn't held against anybody here: the update
 * itself says so.
 *
 * @param files Kubeconfigs that are laid over each other. @default as kubectl has them
 * @throws ConfigError
 */
export async function preflight(config: PlatformConfig, stack: string, files = kubeconfigFiles()): Promise<void> {
    if (files.length === 0) return;
    const client = await import("@kubernetes/client-node");
    const kubeconfig = await layered(files);
    const problems = contextProblems(config, kubeconfig);
    if (problems.length > 0) throw new ConfigError(problems, stack);
    if (config.kubernetes.context) kubeconfig.setCurrentContext(config.kubernetes.context);
    if (!kubeconfig.getCurrentCluster()) return;
    const facts = await factsOf(
        kubeconfig.makeApiClient(client.CoreV1Api),
        kubeconfig.makeApiClient(client.StorageV1Api),
        kubeconfig.makeApiClient(client.ApisApi),
        kubeconfig.makeApiClient(client.CustomObjectsApi),
    );
    const found = [
        ...storageProblems(config, facts),
        ...namespaceProblems(config, facts, stack),
        ...pluginProblems(config, facts),
        ...gatewayProblems(config, facts),
    ];
    if (found.length > 0) throw new ConfigError(found, stack);
}

function contextProblems({ kubernetes: { context } }: PlatformConfig, kubeconfig: KubeConfig): Problem[] {
    const names = kubeconfig.getContexts().map(({ name }) => name);
    return context === undefined || names.includes(context)
        ? []
        : [
              {
                  key: "kubernetes.context",
                  message: `"${context}" is no context of the kubeconfig; there are ${names.join(", ") || "none"}`,
              },
          ];
}

async function factsOf(
    core: CoreV1Api,
    storage: StorageV1Api,
    apis: ApisApi,
    custom: CustomObjectsApi,
): Promise<ClusterFacts> {
    const [classes, namespaces, cilium] = await Promise.all([
        asked(storage.listStorageClass()),
        asked(core.listNamespace()),
        asked(knowsCilium(apis, custom)),
    ]);
    return {
        storageClasses: classes && storageClassFacts(classes.items),
        namespaces: namespaces && namespaceOwners(namespaces.items),
        cilium,
    };
}

/** The group and version of Cilium's policies, and their kind. */
export const ciliumPolicies = { apiVersion: "cilium.io/v2", kind: "CiliumNetworkPolicy" };

/** Every account may ask which kinds there are. */
async function knowsCilium(apis: ApisApi, custom: CustomObjectsApi): Promise<boolean> {
    const [group, version] = ciliumPolicies.apiVersion.split("/");
    const { groups } = await apis.getAPIVersions();
    if (!groups.some(({ name }) => name === group)) return false;
    const { resources } = await custom.getAPIResources({ group, version });
    return resources.some(({ kind }) => kind === ciliumPolicies.kind);
}

/** An object as far as its metadata is read here. */
interface Named {
    metadata?: { name?: string; labels?: Record<string, string>; annotations?: Record<string, string> };
}

/** Storage classes as the checks want them. */
export function storageClassFacts(classes: Named[]): NonNullable<ClusterFacts["storageClasses"]> {
    const isDefault = "storageclass.kubernetes.io/is-default-class";
    return classes.map(({ metadata }) => ({
        name: metadata?.name ?? "",
        isDefault: metadata?.annotations?.[isDefault] === "true",
    }));
}

/** Namespaces by name, with the stack that has made each, if one has. */
export function namespaceOwners(namespaces: Named[]): NonNullable<ClusterFacts["namespaces"]> {
    return new Map(namespaces.map(({ metadata }) => [metadata?.name ?? "", metadata?.labels?.[`${prefix}/stack`]]));
}

/** An answer, or nothing when there is none in time. */
async function asked<T>(question: Promise<T>): Promise<T | undefined> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<undefined>((resolve) => {
        timer = setTimeout(() => resolve(undefined), timeoutSeconds * 1000);
    });
    return Promise.race([question.catch(() => undefined), late]).finally(() => clearTimeout(timer));
}

/** Volumes that would wait for ever for a storage class. */
export function storageProblems(
    { objectStore, eventStream, database }: PlatformConfig,
    { storageClasses }: ClusterFacts,
): Problem[] {
    if (!storageClasses) return [];
    const names = storageClasses.map(({ name }) => name);
    const users = Object.entries({
        ...(objectStore.kind === "external" ? {} : { objectStore }),
        eventStream,
        ...(database.kind === "external" ? {} : { database }),
    });
    return users.flatMap(([key, { storageClass }]) => {
        const there = `there are ${names.join(", ") || "none"} (kubectl get storageclass)`;
        if (storageClass === undefined) {
            return storageClasses.some(({ isDefault }) => isDefault)
                ? []
                : [
                      {
                          key: `${key}.storageClass`,
                          message: `is missing, and the cluster has no default class; ${there}`,
                      },
                  ];
        }
        return names.includes(storageClass)
            ? []
            : [
                  {
                      key: `${key}.storageClass`,
                      message: `"${storageClass}" is no storage class of the cluster; ${there}`,
                  },
              ];
    });
}

/**
 * A network plugin that knows the API server by no address, where the policies would open addresses only: all that talks to it
 * would be cut off. Whether it is in force can't be seen by its CRDs alone, so that a person decides.
 */
export function pluginProblems({ kubernetes: { networkPlugin } }: PlatformConfig, { cilium }: ClusterFacts): Problem[] {
    const key = "kubernetes.networkPlugin";
    if (cilium === true && networkPlugin === undefined) {
        return [
            {
                key,
                message:
                    "is missing, and the cluster has CiliumNetworkPolicies: Cilium doesn't know the API server of its own nodes by address, and would cut off all that needs it; set it to cilium, or to standard where Cilium enforces nothing or the API server is outside of the cluster (GKE)",
            },
        ];
    }
    return cilium === false && networkPlugin === "cilium"
        ? [
              {
                  key,
                  message:
                      "is cilium, but the cluster doesn't know CiliumNetworkPolicies (cilium.io/v2); set it to standard, or leave it out",
              },
          ]
        : [];
}

/** Namespaces that this stack would make although somebody else has. */
export function namespaceProblems(
    { namespaces: { prefix: given }, cluster }: PlatformConfig,
    { namespaces: there }: ClusterFacts,
    stack: string,
): Problem[] {
    if (!there) return [];
    const owner = (name: string) => {
        const other = there.get(name);
        return other === undefined ? "was not made by this program" : `belongs to the stack ${other}`;
    };
    const foreign = (name: string) => there.has(name) && there.get(name) !== stack;
    const own = systems.map((system) => `${given ?? stack}-${system}`).filter(foreign);
    const planes = cluster.mode === "install" ? operatorNamespaces.filter(foreign) : [];
    return [
        ...own.map((name) => ({
            key: "namespaces.prefix",
            message: `the namespace ${name} is there already and ${owner(name)}; choose another prefix, or delete it if nobody needs it`,
        })),
        ...planes.map((name) => ({
            key: "cluster.mode",
            message: `the namespace ${name} is there already and ${owner(name)}; a cluster has one cluster plane: set cluster.mode to shared and cluster.stack to the stack that has it, or remove what is there`,
        })),
    ];
}

/** The namespace of a Gateway of the stack's own, which is none of the stack's. */
export function gatewayProblems({ ingress }: PlatformConfig, { namespaces }: ClusterFacts): Problem[] {
    const { gateway } = ingress;
    if (!namespaces || gateway?.className === undefined || !hasHosts(ingress)) return [];
    const place = gateway.namespace ?? proxiesOf(ingress).namespace;
    return namespaces.has(place)
        ? []
        : [
              {
                  key: "ingress.gateway.namespace",
                  message: `"${place}" is no namespace of the cluster, and a Gateway of the stack's own goes into one that is there; name another one, or make it`,
              },
          ];
}

/** Namespaces of the cluster add-ons' operators. */
const operatorNamespaces = ["cert-manager", "spark-operator"];
