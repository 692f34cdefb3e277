import assert from "node:assert/strict";

import { StackValidationPolicy } from "@pulumi/policy";

import { prefix } from "../../../components/labels";
import { prefix as prefixOfPack } from "../../../policy/lib/labels";
import { resourcePolicies, stackPolicies } from "../../../policy/policies";
import { asProfile, but, Given, stackViolations, violations } from "../../support/policy";
import { good } from "../../support/policy-objects";

const pod = "props.spec.template.spec";
const main = `${pod}.containers.0`;
/** A range that a policy opens. */
const block = "props.spec.egress.0.to.0.ipBlock";
const values = "props.values";

/** One defect each: the policy that must see it, the object, where it is spoiled, with what, and what is said. */
const defects: [policy: string, given: Given, path: string, value: unknown, says: RegExp][] = [
    ["chart-versions", good.upstream, "props.version", undefined, /has no version/],
    ["chart-versions", good.upstream, "props.version", "^1.22.0", /not one exact version/],
    ["chart-versions", good.upstream, "props.version", "1.22", /not one exact version/],
    ["chart-versions", good.upstream, "props.version", "latest", /not one exact version/],
    ["chart-versions", good.upstream, "props.version", ">=1.0.0 <2.0.0", /not one exact version/],
    ["chart-versions", good.release, "props.chart", "/srv/charts/minio", /path of one machine/],
    ["chart-versions", good.release, "props.chart", "../charts/minio", /path of one machine/],
    ["chart-versions", good.release, "props.chart", undefined, /names no chart/],
    ["release-identity", good.release, "props.name", undefined, /no name of its own/],
    ["release-identity", good.release, "props.name", "minio-1a2b3c4d", /not "minio" as the resource/],
    ["release-identity", good.release, "props.namespace", undefined, /has no namespace/],
    ["release-identity", good.release, "props.namespace", "default", /not a namespace of the platform/],
    ["release-identity", good.release, "opts.deleteBeforeReplace", false, /deleteBeforeReplace/],
    ["release-settings", good.release, "props.timeout", undefined, /timeout/],
    ["release-settings", good.release, "props.timeout", 7200, /timeout/],
    ["release-settings", good.release, "props.maxHistory", 0, /maxHistory/],
    ["release-settings", good.release, "props.atomic", true, /atomic/],
    ["release-settings", good.release, "props.disableWebhooks", true, /an install or at an upgrade only/],
    ["release-settings", good.release, "props.disableCRDHooks", true, /an install or at an upgrade only/],
    ["release-settings", good.release, "props.valueYamlFiles", ["values.yaml"], /plain text/],
    ["release-settings", good.release, "props.postrender", "./render.sh", /postrender/],
    ["no-plain-secrets", good.release, `${values}.rootPassword`, "hunter2", /rootPassword is a value for/],
    ["no-plain-secrets", good.release, `${values}.auth`, { token: "abc" }, /auth.token/],
    ["no-plain-secrets", good.release, `${values}.fernetKey`, "cGFzc3dvcmQ=", /fernetKey/],
    ["no-plain-secrets", good.release, `${values}.users.0.secretKey`, "abc", /secretKey/],
    ["no-plain-secrets", good.release, `${values}.url`, "postgresql://u:p4ss@db/x", /address with a password/],
    ["no-plain-secrets", good.release, `${values}.key`, "-----BEGIN EC PRIVATE KEY-----\nMHc", /private key/],
    ["no-plain-secrets", good.release, `${values}.session`, `eyJhbGciOiJI.eyJzdWIiOiIx.sig`, /JWT/],
    ["no-plain-secrets", good.release, `${values}.id`, "AKIAIOSFODNN7EXAMPLE", /AWS/],
    ["no-plain-secrets", good.release, `${values}.extraEnv`, '- {"name":"DB_PASSWORD","value":"x"}', /DB_PASSWORD/],
    ["no-plain-secrets", good.configMap, "props.data.password", "x", /data.password/],
    ["no-plain-secrets", good.configMap, "props.data.conf", "url: amqp://u:p@host", /address with a password/],
    ["no-plain-secrets", good.deployment, `${main}.env.0`, { name: "API_TOKEN", value: "x" }, /API_TOKEN/],
    [
        "no-plain-secrets",
        good.cronJob,
        "props.spec.jobTemplate.spec.template.spec.containers.0.args",
        ["https://u:p@h"],
        /./,
    ],
    ["workload-resources", good.deployment, `${main}.resources.requests.cpu`, undefined, /requests.cpu/],
    ["workload-resources", good.deployment, `${main}.resources.requests.memory`, undefined, /requests.memory/],
    ["workload-resources", good.deployment, `${main}.resources.limits`, undefined, /limits.memory/],
    ["workload-resources", good.job, `${pod}.initContainers`, [{ name: "wait" }], /container wait/],
    ["workload-resources", good.pod, "props.spec.containers.0.resources", undefined, /requests.cpu/],
    ["workload-probes", good.deployment, `${main}.readinessProbe`, undefined, /no readinessProbe/],
    ["workload-probes", good.deployment, `${main}.livenessProbe`, undefined, /no livenessProbe/],
    ["workload-probes", good.deployment, `${main}.livenessProbe.timeoutSeconds`, undefined, /timeoutSeconds/],
    ["workload-security", good.deployment, `${pod}.securityContext.runAsNonRoot`, false, /may run as root/],
    ["workload-security", good.deployment, `${pod}.securityContext.runAsUser`, 0, /runs as root/],
    ["workload-security", good.deployment, `${pod}.securityContext.seccompProfile`, undefined, /seccompProfile/],
    ["workload-security", good.deployment, `${pod}.hostNetwork`, true, /hostNetwork/],
    ["workload-security", good.deployment, `${pod}.volumes.0.hostPath`, { path: "/" }, /directory of the node/],
    ["workload-security", good.deployment, `${main}.securityContext.privileged`, true, /privileged/],
    ["workload-security", good.deployment, `${main}.securityContext.allowPrivilegeEscalation`, undefined, /Escalation/],
    ["workload-security", good.deployment, `${main}.securityContext.readOnlyRootFilesystem`, false, /readOnlyRoot/],
    ["workload-security", good.deployment, `${main}.securityContext.capabilities.drop`, ["NET_RAW"], /drop ALL/],
    ["workload-security", good.deployment, `${main}.securityContext.capabilities.add`, ["SYS_ADMIN"], /adds/],
    ["workload-security", good.deployment, `${main}.ports.0.hostPort`, 80, /port of the node/],
    ["workload-identity", good.deployment, `${pod}.serviceAccountName`, undefined, /default ServiceAccount/],
    ["workload-identity", good.deployment, `${pod}.automountServiceAccountToken`, undefined, /token/],
    ["image-tags", good.deployment, `${main}.image`, "nginx", /neither tag nor digest/],
    ["image-tags", good.deployment, `${main}.image`, "registry:5000/nginx", /neither tag nor digest/],
    ["image-tags", good.deployment, `${main}.image`, "nginx:latest", /another image/],
    ["image-tags", good.release, `${values}.image.tag`, "latest", /image.tag is "latest"/],
    ["image-tags", good.release, `${values}.sidecarImage`, "busybox:stable", /sidecarImage/],
    ["image-tags", good.spark, "props.spec.image", "spark:latest", /spec.image/],
    ["image-tags", good.database, "props.spec.imageName", undefined, /names no image/],
    ["services-inside", good.service, "props.spec.type", "NodePort", /NodePort/],
    ["services-inside", good.service, "props.spec.type", "LoadBalancer", /LoadBalancer/],
    ["services-inside", good.service, "props.spec.externalIPs", ["203.0.113.1"], /externalIPs/],
    ["services-inside", good.release, `${values}.service.type`, "LoadBalancer", /service.type is LoadBalancer/],
    ["ingress-tls", good.ingress, "props.spec.tls", undefined, /etl.example.com has no TLS/],
    ["ingress-tls", good.ingress, "props.spec.tls.0.secretName", undefined, /has no TLS/],
    ["ingress-tls", good.ingress, "props.spec.tls.0.hosts", ["other.example.com"], /has no TLS/],
    ["ingress-tls", good.ingress, "props.spec.rules.0.host", undefined, /any name/],
    ["ingress-tls", good.ingress, "props.spec.defaultBackend", { service: {} }, /default backend/],
    ["ingress-tls", good.release, `${values}.ingress.tls`, [], /enabled without TLS/],
    ["gateway-tls", good.gateway, "props.spec.listeners.0.protocol", "HTTP", /listener etl is for HTTP/],
    ["gateway-tls", good.gateway, "props.spec.listeners.0.hostname", undefined, /any name/],
    ["gateway-tls", good.route, "props.spec.hostnames", [], /any name/],
    ["gateway-tls", good.route, "props.spec.parentRefs.0.sectionName", undefined, /in the clear too/],
    ["least-rights", good.binding, "props.roleRef.name", "cluster-admin", /cluster-admin/],
    ["least-rights", good.binding, "props.subjects.0.name", "default", /default ServiceAccount/],
    ["least-rights", good.binding, "props.subjects.0", { kind: "Group", name: "system:authenticated" }, /nobody here/],
    ["least-rights", good.role, "props.rules.0.verbs", ["*"], /every verb/],
    ["least-rights", good.role, "props.rules.0.resources", ["*"], /every resource/],
    ["least-rights", good.role, "props.rules.0.verbs", ["impersonate"], /impersonate/],
    ["admission-denies", good.admissionPolicy, "props.spec.failurePolicy", "Ignore", /can't work out/],
    ["admission-denies", good.admissionBinding, "props.spec.validationActions", ["Warn", "Audit"], /Deny is missing/],
    ["namespaces-restricted", good.namespace, "props.metadata.labels", {}, /enforces nothing/],
    [
        "namespaces-restricted",
        good.namespace,
        "props.metadata.labels",
        { "pod-security.kubernetes.io/enforce": "restricted", "pod-security.kubernetes.io/enforce-version": "latest" },
        /name the version/,
    ],
    ["closed-addresses", good.egress, "props.spec.egress.0.to", undefined, /ports only/],
    ["closed-addresses", good.egress, "props.spec.egress.0.to", [], /ports only/],
    ["closed-addresses", good.egress, `${block}.cidr`, "0.0.0.0/0", /opens 169.254.0.0\/16, 100.100.100.200/],
    ["closed-addresses", good.egress, `${block}.cidr`, "::/0", /opens fe80::\/10, fd00:ec2/],
    ["closed-addresses", good.egress, `${block}.cidr`, "169.254.169.254/32", /never opened/],
    ["closed-addresses", good.egress, `${block}.cidr`, undefined, /must be a range/],
    ["closed-addresses", good.egress, "props.spec.egress.1.to.0.ipBlock.except", ["169.254.0.0/17"], /leave them out/],
    ["closed-addresses", good.release, `${values}.egress`, [{ to: [{ ipBlock: { cidr: "0.0.0.0/0" } }] }], /opens 169/],
    // A node's cache of names is opened as the one address that it is, for look-ups.
    ["closed-addresses", good.lookUps, "props.spec.egress.0.ports.0.port", 80, /never opened/],
    ["closed-addresses", good.lookUps, "props.spec.egress.0.ports", undefined, /never opened/],
    ["closed-addresses", good.lookUps, "props.spec.egress.0.ports.0.endPort", 65535, /never opened/],
    ["closed-addresses", good.lookUps, "props.spec.egress.0.to.0.ipBlock.cidr", "169.254.20.0/24", /never opened/],
    ["closed-addresses", good.lookUps, "props.spec.egress.0.to.0.ipBlock.cidr", "169.254.169.254/32", /never opened/],
    ["closed-addresses", good.releaseOfDns, `${values}.dns.0.ports.0.port`, 80, /never opened/],
    ["closed-addresses", good.releaseOfDns, `${values}.dns.0.to.0.ipBlock.cidr`, "168.63.129.16/32", /never opened/],
    ["closed-addresses", good.cilium, "props.spec.egress.0", { toEntities: ["world"] }, /opens world/],
    ["closed-addresses", good.cilium, "props.spec.egress.0", { toPorts: [{ ports: [{ port: "80" }] }] }, /ports only/],
    ["closed-addresses", good.cilium, "props.spec.egress.0", { toCIDR: ["0.0.0.0/0"] }, /opens 169/],
    [
        "closed-addresses",
        good.cilium,
        "props.spec.egress.0",
        { toCIDRSet: [{ cidr: "::/0", except: [] }] },
        /opens fe80/,
    ],
    ["protected-data", good.release, "opts.protect", false, /isn't protected/],
    ["protected-data", good.namespace, "opts.protect", false, /isn't protected/],
    ["protected-data", good.kafka, "opts.protect", false, /isn't protected/],
    ["protected-data", good.nodePool, "opts.protect", false, /isn't protected/],
    ["protected-data", good.database, "opts.protect", false, /isn't protected/],
    ["kafka-resources", good.kafka, "props.spec.kafka.listeners.0.tls", false, /in the clear/],
    ["kafka-resources", good.kafka, "props.spec.kafka.listeners.0.authentication", undefined, /anybody/],
    ["kafka-resources", good.kafka, "props.spec.kafka.listeners.0.type", "loadbalancer", /outside/],
    ["kafka-resources", good.kafka, "props.spec.kafka.listeners", [], /no listeners/],
    ["kafka-resources", good.kafka, "props.spec.kafka.authorization", undefined, /no authorization/],
    ["kafka-resources", good.kafka, "props.spec.kafka.config", { "min.insync.replicas": 2 }, /auto.create/],
    ["kafka-resources", good.kafka, "props.spec.kafka.config", { "auto.create.topics.enable": "false" }, /min.insync/],
    ["kafka-resources", good.nodePool, "props.spec.resources.limits", undefined, /limits.memory/],
    ["kafka-resources", good.nodePool, "props.spec.storage.volumes.0.deleteClaim", true, /deleteClaim/],
    ["kafka-resources", good.nodePool, "props.spec.storage", { type: "ephemeral" }, /ephemeral/],
    ["kafka-resources", good.user, "props.spec.authentication", undefined, /no password/],
    ["kafka-resources", good.kafka, "props.spec.kafka.authorization.superUsers", ["one", "two"], /more than one/],
    [
        "kafka-resources",
        good.user,
        "props.spec.authorization.acls",
        [{ resource: { type: "topic", name: "*" }, operations: ["All"] }],
        /everything with everything/,
    ],
    ["kafka-resources", good.topic, "props.spec.replicas", undefined, /replicas/],
    ["database-resources", good.database, "props.spec.resources.requests", undefined, /requests.cpu/],
    ["database-resources", good.database, "props.spec.storage.size", undefined, /storage.size/],
    ["database-resources", good.database, "props.spec.instances", 1, /one instance/],
    ["spark-resources", good.spark, "props.spec.driver.memory", undefined, /driver has no memory/],
    ["spark-resources", good.spark, "props.spec.executor.template", undefined, /executor has no template/],
    ["spark-resources", good.spark, "props.spec.driver.template.spec.containers.0.securityContext", {}, /Escalation/],
];

describe("policies of single resources", () => {
    const named = (name: string) => {
        const found = resourcePolicies.find((policy) => policy.name === name);
        assert.ok(found, `there is no policy ${name}`);
        return found;
    };

    beforeEach(() => asProfile("prod"));

    for (const policy of resourcePolicies) {
        it(`${policy.name} has nothing against what is right`, async () => {
            for (const [name, given] of Object.entries(good)) {
                if (name === "upstream" && policy.name === "release-settings") continue;
                assert.deepEqual(await violations(policy, given), [], name);
            }
        });
    }

    for (const [name, given, path, value, says] of defects) {
        it(`${name}: ${path} = ${JSON.stringify(value)?.slice(0, 60)}`, async () => {
            const said = await violations(named(name), but(given, path, value));
            assert.ok(
                said.some((message) => says.test(message)),
                said.join("; ") || "nothing said",
            );
        });
    }

    it("each has a name of its own, says what to do, and is seen to fail", () => {
        const all = [...resourcePolicies, ...stackPolicies];
        assert.equal(new Set(all.map(({ name }) => name)).size, all.length);
        for (const { name, description, remediationSteps, severity } of all) {
            assert.ok(description.endsWith(".") && remediationSteps && severity, name);
        }
        const failing = new Set([...defects.map(([name]) => name), "release-known"]);
        assert.deepEqual(
            resourcePolicies.filter(({ name }) => !failing.has(name)),
            [],
        );
    });

    it("says of a secret where it is, never what", async () => {
        const said = await violations(
            named("no-plain-secrets"),
            but(good.release, `${values}.rootPassword`, "hunter2"),
        );
        assert.ok(!said.join().includes("hunter2"));
    });

    it("only production is held to protect its data", async () => {
        asProfile("dev");
        assert.deepEqual(await violations(named("protected-data"), but(good.kafka, "opts.protect", false)), []);
        assert.deepEqual(
            await violations(named("database-resources"), but(good.database, "props.spec.instances", 1)),
            [],
        );
    });

    it("what is known only during the update is told from what is wrong", async () => {
        const unknown = Object.assign(new Error("string value at .a can't be known during preview"), {
            props: ["values", "host"],
        });
        const values = Object.defineProperty({}, "host", {
            enumerable: true,
            get: () => {
                throw unknown;
            },
        });
        const given = { ...good.release, props: { ...good.release.props, values } };
        assert.deepEqual(await violations(named("release-known"), given), [
            "values.host is known only during the update",
        ]);
    });

    it("the prefix of labels is that of the components", () => assert.equal(prefixOfPack, prefix));
});

describe("policies of a stack", () => {
    const named = (name: string): StackValidationPolicy => {
        const found = stackPolicies.find((policy) => policy.name === name);
        assert.ok(found, `there is no policy ${name}`);
        return found;
    };
    const two = but(good.deployment, "props.spec.replicas", 2);

    const stacks: [policy: string, what: string, resources: Given[], says?: RegExp][] = [
        ["namespaces-closed", "a closed namespace", [good.namespace, good.denyAll]],
        ["namespaces-closed", "an open namespace", [good.namespace], /denies all traffic/],
        [
            "namespaces-closed",
            "a namespace that lets all out",
            [good.namespace, but(good.denyAll, "props.spec.policyTypes", ["Ingress"])],
            /denies all traffic/,
        ],
        [
            "namespaces-closed",
            "a policy that opens",
            [good.namespace, but(good.denyAll, "props.spec.ingress", [{}])],
            /denies all traffic/,
        ],
        ["namespaces-owned", "a Release at home", [good.namespace, good.release]],
        ["namespaces-owned", "a Release elsewhere", [good.namespace, good.upstream], /doesn't make/],
        ["namespaces-owned", "two of one name", [good.namespace, good.release, good.release], /another minio/],
        ["disruption-budgets", "one replica", [good.deployment]],
        ["disruption-budgets", "two with a budget", [two, good.budget]],
        ["disruption-budgets", "two without", [two], /no PodDisruptionBudget/],
        ["disruption-budgets", "a scaled one without", [good.deployment, good.scaler], /2 replicas and no/],
        [
            "disruption-budgets",
            "a budget for another",
            [two, but(good.budget, "props.spec.selector.matchLabels", { app: "other" })],
            /no PodDisruptionBudget/,
        ],
    ];
    for (const [name, what, resources, says] of stacks) {
        it(`${name}: ${what}`, async () => {
            const said = await stackViolations(named(name), resources);
            if (says) assert.match(said.join("; "), says);
            else assert.deepEqual(said, []);
        });
    }
});
