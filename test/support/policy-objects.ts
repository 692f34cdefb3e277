import { Given } from "./policy";

/** Objects that keep to every policy; a test takes one of them and spoils one thing. */

const meta = (name: string, namespace = "dev-jobs") => ({ name, namespace });

const container = {
    name: "main",
    image: "registry.example.com/data-platform/etl:0.1.0-abc",
    env: [
        { name: "MODE", value: "fast" },
        { name: "STORE_PASSWORD", valueFrom: { secretKeyRef: { name: "store", key: "password" } } },
    ],
    resources: { requests: { cpu: "100m", memory: "128Mi" }, limits: { memory: "256Mi" } },
    readinessProbe: { httpGet: { path: "/ready", port: "http" }, timeoutSeconds: 5 },
    livenessProbe: { httpGet: { path: "/alive", port: "http" }, timeoutSeconds: 5 },
    ports: [{ name: "http", containerPort: 8080 }],
    securityContext: {
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ["ALL"] },
    },
};

const pod = {
    metadata: { labels: { app: "etl" } },
    spec: {
        serviceAccountName: "etl",
        automountServiceAccountToken: false,
        securityContext: { runAsNonRoot: true, runAsUser: 10001, seccompProfile: { type: "RuntimeDefault" } },
        volumes: [{ name: "tmp", emptyDir: {} }],
        initContainers: [] as unknown[],
        containers: [container],
    },
};

/** The same for what ends: nothing asks it whether it serves. */
const runs: Partial<typeof container> = { ...container };
delete runs.readinessProbe;
delete runs.livenessProbe;
const run = { ...pod, spec: { ...pod.spec, containers: [runs] } };

const kubernetes = (type: string, props: Record<string, unknown>): Given => ({ type: `kubernetes:${type}`, props });

/** Look-ups at a node's cache of names. */
const lookUps = () => [
    {
        to: [{ ipBlock: { cidr: "169.254.20.10/32" } }],
        ports: [
            { protocol: "UDP", port: 53 },
            { protocol: "TCP", port: 53 },
        ],
    },
];

export const good = {
    admissionPolicy: kubernetes("admissionregistration.k8s.io/v1:ValidatingAdmissionPolicy", {
        metadata: { name: "dev-launched-pods" },
        spec: { failurePolicy: "Fail", validations: [{ expression: "false" }] },
    }),
    admissionBinding: kubernetes("admissionregistration.k8s.io/v1:ValidatingAdmissionPolicyBinding", {
        metadata: { name: "dev-launched-pods" },
        spec: { policyName: "dev-launched-pods", validationActions: ["Deny"] },
    }),
    release: {
        type: "kubernetes:helm.sh/v3:Release",
        name: "minio",
        opts: { deleteBeforeReplace: true, protect: true },
        props: {
            name: "minio",
            chart: "./charts/minio",
            namespace: "dev-storage",
            timeout: 600,
            maxHistory: 5,
            values: {
                image: { repository: "registry.example.com/data-platform/minio", tag: "2026-02-12-abc" },
                existingSecret: "minio-root",
                storage: { size: "20Gi", retain: false },
                service: { type: "ClusterIP", port: 9000 },
                users: [{ name: "land", existingSecret: "minio-user-land" }],
                secret: [{ envName: "ADMIN", secretName: "airflow-admin", secretKey: "username" }],
                extraEnv: '- {"name":"CONN","value":"{\\"password\\":\\"$(TASK_LOGS_PASSWORD)\\"}"}',
                ingress: { enabled: true, hosts: ["minio.example.com"], tls: [{ secretName: "minio-tls" }] },
            },
        },
    } as Given,
    releaseOfDns: {
        type: "kubernetes:helm.sh/v3:Release",
        name: "minio",
        opts: { deleteBeforeReplace: true, protect: true },
        props: {
            ...{ name: "minio", chart: "./charts/minio", namespace: "dev-storage", timeout: 600, maxHistory: 5 },
            values: { dns: lookUps() },
        },
    } as Given,
    upstream: {
        type: "kubernetes:helm.sh/v3:Release",
        name: "airflow",
        opts: { deleteBeforeReplace: true },
        props: { name: "airflow", chart: "airflow", version: "1.22.0", namespace: "dev-orchestration", values: {} },
    } as Given,
    deployment: kubernetes("apps/v1:Deployment", { metadata: meta("etl"), spec: { replicas: 1, template: pod } }),
    job: kubernetes("batch/v1:Job", { metadata: meta("etl"), spec: { template: run } }),
    cronJob: kubernetes("batch/v1:CronJob", {
        metadata: meta("etl"),
        spec: { schedule: "0 3 * * *", jobTemplate: { spec: { template: run } } },
    }),
    pod: kubernetes("core/v1:Pod", { metadata: meta("etl"), spec: run.spec }),
    configMap: kubernetes("core/v1:ConfigMap", { metadata: meta("c"), data: { "application.yaml": "level: info" } }),
    service: kubernetes("core/v1:Service", { metadata: meta("etl"), spec: { ports: [{ port: 80 }] } }),
    ingress: kubernetes("networking.k8s.io/v1:Ingress", {
        metadata: meta("etl"),
        spec: {
            ingressClassName: "nginx",
            rules: [{ host: "etl.example.com", http: { paths: [] } }],
            tls: [{ hosts: ["etl.example.com"], secretName: "etl-tls" }],
        },
    }),
    gateway: kubernetes("gateway.networking.k8s.io/v1:Gateway", {
        metadata: meta("etl"),
        spec: { listeners: [{ name: "etl", protocol: "HTTPS", port: 443, hostname: "etl.example.com" }] },
    }),
    route: kubernetes("gateway.networking.k8s.io/v1:HTTPRoute", {
        metadata: meta("etl"),
        spec: { hostnames: ["etl.example.com"], parentRefs: [{ name: "etl", sectionName: "etl" }] },
    }),
    binding: kubernetes("rbac.authorization.k8s.io/v1:ClusterRoleBinding", {
        metadata: { name: "etl" },
        roleRef: { kind: "ClusterRole", name: "view" },
        subjects: [{ kind: "ServiceAccount", name: "etl", namespace: "dev-jobs" }],
    }),
    role: kubernetes("rbac.authorization.k8s.io/v1:Role", {
        metadata: meta("etl"),
        rules: [{ apiGroups: [""], resources: ["pods"], verbs: ["get", "list"] }],
    }),
    namespace: {
        ...kubernetes("core/v1:Namespace", {
            metadata: {
                name: "dev-storage",
                labels: {
                    "data-platform.io/system": "storage",
                    "pod-security.kubernetes.io/enforce": "restricted",
                    "pod-security.kubernetes.io/enforce-version": "v1.34",
                },
            },
        }),
        opts: { protect: true },
    } as Given,
    denyAll: kubernetes("networking.k8s.io/v1:NetworkPolicy", {
        metadata: meta("default-deny", "dev-storage"),
        spec: { podSelector: {}, policyTypes: ["Ingress", "Egress"] },
    }),
    egress: kubernetes("networking.k8s.io/v1:NetworkPolicy", {
        metadata: meta("out"),
        spec: {
            podSelector: {},
            egress: [
                { to: [{ ipBlock: { cidr: "10.0.0.0/8" } }], ports: [{ port: 443 }] },
                { to: [{ ipBlock: { cidr: "169.0.0.0/8", except: ["169.254.0.0/16"] } }] },
            ],
        },
    }),
    lookUps: kubernetes("networking.k8s.io/v1:NetworkPolicy", {
        metadata: meta("allow-dns"),
        spec: { podSelector: {}, egress: lookUps() },
    }),
    cilium: kubernetes("cilium.io/v2:CiliumNetworkPolicy", {
        metadata: meta("out"),
        spec: {
            endpointSelector: {},
            egress: [{ toEntities: ["kube-apiserver"] }, { toFQDNs: [{ matchName: "a.b" }] }],
        },
    }),
    budget: kubernetes("policy/v1:PodDisruptionBudget", {
        metadata: meta("etl"),
        spec: { maxUnavailable: 1, selector: { matchLabels: { app: "etl" } } },
    }),
    scaler: kubernetes("autoscaling/v2:HorizontalPodAutoscaler", {
        metadata: meta("etl"),
        spec: { minReplicas: 2, maxReplicas: 5, scaleTargetRef: { kind: "Deployment", name: "etl" } },
    }),
    kafka: {
        ...kubernetes("kafka.strimzi.io/v1:Kafka", {
            metadata: meta("kafka", "dev-streaming"),
            spec: {
                kafka: {
                    listeners: [
                        {
                            name: "tls",
                            port: 9093,
                            type: "internal",
                            tls: true,
                            authentication: { type: "scram-sha-512" },
                        },
                    ],
                    authorization: { type: "simple" },
                    config: { "auto.create.topics.enable": false, "min.insync.replicas": 2 },
                },
            },
        }),
        opts: { protect: true },
    } as Given,
    nodePool: {
        ...kubernetes("kafka.strimzi.io/v1:KafkaNodePool", {
            metadata: meta("broker", "dev-streaming"),
            spec: {
                replicas: 3,
                resources: { requests: { cpu: "1", memory: "3Gi" }, limits: { memory: "4Gi" } },
                storage: {
                    type: "jbod",
                    volumes: [{ id: 0, type: "persistent-claim", size: "100Gi", deleteClaim: false }],
                },
            },
        }),
        opts: { protect: true },
    } as Given,
    user: kubernetes("kafka.strimzi.io/v1:KafkaUser", {
        metadata: meta("land", "dev-streaming"),
        spec: {
            authentication: { type: "scram-sha-512" },
            authorization: {
                type: "simple",
                acls: [{ resource: { type: "topic", name: "flights" }, operations: ["Read"] }],
            },
        },
    }),
    topic: kubernetes("kafka.strimzi.io/v1:KafkaTopic", {
        metadata: meta("flights", "dev-streaming"),
        spec: { partitions: 3, replicas: 3 },
    }),
    database: {
        ...kubernetes("postgresql.cnpg.io/v1:Cluster", {
            metadata: meta("postgresql", "dev-database"),
            spec: {
                instances: 3,
                imageName: "ghcr.io/cloudnative-pg/postgresql:17.6",
                storage: { size: "50Gi" },
                resources: { requests: { cpu: "1", memory: "2Gi" }, limits: { memory: "2Gi" } },
            },
        }),
        opts: { protect: true },
    } as Given,
    spark: kubernetes("sparkoperator.k8s.io/v1beta2:SparkApplication", {
        metadata: meta("gold"),
        spec: {
            image: "registry.example.com/data-platform/spark:4.0.4-abc",
            driver: { cores: 1, memory: "1g", template: pod },
            executor: { cores: 1, memory: "1g", template: pod },
        },
    }),
};
