import type { Manifest } from "../../kubernetes/objects";

export interface AddonOptions {
    images: { coredns: string; localPath: string };
    /** The ClusterIP of the DNS. */
    dns: string;
    /** Name servers for names outside of the cluster; none: those are not resolved. */
    resolvers: string[];
    /** The directory of the node in which volumes are made. */
    volumes: string;
}

/** Namespaces whose pods may be privileged: they are the node's, not the platform's. */
export const nodeNamespaces = ["kube-system", "local-path-storage"];

const restricted = {
    runAsNonRoot: true,
    allowPrivilegeEscalation: false,
    readOnlyRootFilesystem: true,
    capabilities: { drop: ["ALL"] },
    seccompProfile: { type: "RuntimeDefault" },
};

/** The cluster's DNS. */
export function coreDns({ images, dns, resolvers }: AddonOptions): Manifest[] {
    const name = "coredns";
    const namespace = "kube-system";
    const labels = { "k8s-app": "kube-dns" };
    const corefile = [
        ".:53 {",
        "    errors",
        "    health",
        "    ready",
        "    kubernetes cluster.local in-addr.arpa ip6.arpa {",
        "        pods insecure",
        "        fallthrough in-addr.arpa ip6.arpa",
        "        ttl 5",
        "    }",
        ...(resolvers.length ? [`    forward . ${resolvers.join(" ")}`] : []),
        "    cache 30",
        "    reload",
        "}",
        "",
    ].join("\n");
    return [
        { apiVersion: "v1", kind: "ServiceAccount", metadata: { name, namespace } },
        ...clusterRole("system:coredns", { name, namespace }, [
            { apiGroups: [""], resources: ["services", "pods", "namespaces"], verbs: ["list", "watch"] },
            { apiGroups: ["discovery.k8s.io"], resources: ["endpointslices"], verbs: ["list", "watch"] },
        ]),
        { apiVersion: "v1", kind: "ConfigMap", metadata: { name, namespace }, data: { Corefile: corefile } },
        deployment({
            name,
            namespace,
            labels,
            serviceAccountName: name,
            priorityClassName: "system-cluster-critical",
            // It answers for the cluster, so it cannot ask itself.
            dnsPolicy: "Default",
            container: {
                image: images.coredns,
                args: ["-conf", "/etc/coredns/Corefile"],
                ports: [
                    { name: "dns", containerPort: 53, protocol: "UDP" },
                    { name: "dns-tcp", containerPort: 53, protocol: "TCP" },
                ],
                resources: { requests: { cpu: "20m", memory: "32Mi" }, limits: { memory: "170Mi" } },
                startupProbe: { httpGet: { path: "/ready", port: 8181 }, periodSeconds: 1, failureThreshold: 120 },
                readinessProbe: { httpGet: { path: "/ready", port: 8181 }, periodSeconds: 5 },
                livenessProbe: { httpGet: { path: "/health", port: 8080 }, periodSeconds: 10, failureThreshold: 6 },
                volumeMounts: [{ name: "config", mountPath: "/etc/coredns", readOnly: true }],
            },
            volumes: [{ name: "config", configMap: { name } }],
        }),
        {
            apiVersion: "v1",
            kind: "Service",
            metadata: { name: "kube-dns", namespace, labels },
            spec: {
                clusterIP: dns,
                selector: labels,
                ports: [
                    { name: "dns", port: 53, protocol: "UDP" },
                    { name: "dns-tcp", port: 53, protocol: "TCP" },
                ],
            },
        },
    ];
}

/** The default StorageClass: volumes are directories of the node. */
export function localPath({ images, volumes }: AddonOptions): Manifest[] {
    const name = "local-path-provisioner";
    const namespace = "local-path-storage";
    const helper = {
        apiVersion: "v1",
        kind: "Pod",
        metadata: { name: "helper-pod" },
        spec: {
            priorityClassName: "system-node-critical",
            containers: [{ name: "helper-pod", image: images.localPath, imagePullPolicy: "Never" }],
        },
    };
    return [
        {
            apiVersion: "v1",
            kind: "Namespace",
            // Its helper pods mount a directory of the node.
            metadata: { name: namespace, labels: { "pod-security.kubernetes.io/enforce": "privileged" } },
        },
        { apiVersion: "v1", kind: "ServiceAccount", metadata: { name, namespace } },
        ...clusterRole(name, { name, namespace }, [
            rule("", ["nodes", "persistentvolumeclaims", "configmaps"], "get list watch"),
            rule("", ["persistentvolumes"], "get list watch create patch update delete"),
            rule("", ["events"], "create patch"),
            rule("storage.k8s.io", ["storageclasses"], "get list watch"),
        ]),
        ...role(name, { name, namespace }, [
            rule("", ["pods"], "get list watch create patch update delete"),
            rule("", ["pods/log"], "get"),
        ]),
        {
            apiVersion: "v1",
            kind: "ConfigMap",
            metadata: { name, namespace },
            data: {
                "config.json": JSON.stringify({
                    nodePathMap: [{ node: "DEFAULT_PATH_FOR_NON_LISTED_NODES", paths: [volumes] }],
                }),
                // Volumes of this kind know no fsGroup, so that the pod's user gets in by the directory's mode.
                setup: '#!/bin/sh\nset -eu\nmkdir -m 0777 -p "$VOL_DIR"\n',
                teardown: '#!/bin/sh\nset -eu\nrm -rf "$VOL_DIR"\n',
                "helperPod.yaml": JSON.stringify(helper),
            },
        },
        deployment({
            name,
            namespace,
            labels: { app: name },
            serviceAccountName: name,
            container: {
                image: images.localPath,
                command: [
                    "local-path-provisioner",
                    "start",
                    "--config",
                    "/etc/config/config.json",
                    "--service-account-name",
                    name,
                    "--configmap-name",
                    name,
                ],
                env: [
                    { name: "POD_NAMESPACE", valueFrom: { fieldRef: { fieldPath: "metadata.namespace" } } },
                    { name: "CONFIG_MOUNT_PATH", value: "/etc/config/" },
                ],
                resources: { requests: { cpu: "10m", memory: "32Mi" }, limits: { memory: "128Mi" } },
                securityContext: { ...restricted, runAsUser: 65532, runAsGroup: 65532 },
                volumeMounts: [{ name: "config", mountPath: "/etc/config/", readOnly: true }],
            },
            volumes: [{ name: "config", configMap: { name } }],
        }),
        {
            apiVersion: "storage.k8s.io/v1",
            kind: "StorageClass",
            metadata: { name: "local-path", annotations: { "storageclass.kubernetes.io/is-default-class": "true" } },
            provisioner: "rancher.io/local-path",
            volumeBindingMode: "WaitForFirstConsumer",
            reclaimPolicy: "Delete",
        },
    ];
}

interface Rule {
    apiGroups: string[];
    resources: string[];
    verbs: string[];
}

function rule(group: string, resources: string[], verbs: string): Rule {
    return { apiGroups: [group], resources, verbs: verbs.split(" ") };
}

interface Subject {
    name: string;
    namespace: string;
}

const rbac = "rbac.authorization.k8s.io";

function clusterRole(name: string, subject: Subject, rules: Rule[]): Manifest[] {
    return [
        { apiVersion: `${rbac}/v1`, kind: "ClusterRole", metadata: { name }, rules },
        binding("ClusterRole", { name }, subject),
    ];
}

function role(name: string, subject: Subject, rules: Rule[]): Manifest[] {
    const metadata = { name, namespace: subject.namespace };
    return [{ apiVersion: `${rbac}/v1`, kind: "Role", metadata, rules }, binding("Role", metadata, subject)];
}

function binding(kind: "Role" | "ClusterRole", metadata: Manifest["metadata"], subject: Subject): Manifest {
    return {
        apiVersion: `${rbac}/v1`,
        kind: `${kind}Binding`,
        metadata,
        roleRef: { apiGroup: rbac, kind, name: metadata.name },
        subjects: [{ kind: "ServiceAccount", ...subject }],
    };
}

interface DeploymentArgs {
    name: string;
    namespace: string;
    labels: Record<string, string>;
    container: Record<string, unknown>;
    volumes: unknown[];
    [podField: string]: unknown;
}

function deployment({ name, namespace, labels, container, ...pod }: DeploymentArgs): Manifest {
    return {
        apiVersion: "apps/v1",
        kind: "Deployment",
        metadata: { name, namespace, labels },
        spec: {
            replicas: 1,
            selector: { matchLabels: labels },
            template: {
                metadata: { labels },
                spec: {
                    ...pod,
                    enableServiceLinks: false,
                    // The images are put on the node by hand; there is no registry to pull them from.
                    containers: [{ name, imagePullPolicy: "Never", securityContext: restricted, ...container }],
                },
            },
        },
    };
}
