import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { execa } from "execa";
import { parse, stringify } from "yaml";

import { BuiltinEngine } from "../../engine/builtin/engine";
import { doctor, type DoctorOptions } from "../../operations/doctor";
import type { FindingId } from "../../operations/doctor/catalog";
import { type Declared, declaredByProgram, declaredWithCharts } from "../../operations/doctor/declared";
import { findingsCode, findingsText, type Finding } from "../../operations/findings";
import { identityOf, type KubeObject } from "../../kubernetes/client";
import { withStackLock } from "../../engine/builtin/lock";
import { readStackConfig, stackFile } from "../../program/stack-config";
import { repoRoot } from "../../lib/paths";
import { Bed, useBed } from "./bed";
import { everything, extra } from "./world";

const stack = "sandbox";
const recover = `data-platform recover --stack ${stack}`;

describe("doctor", function () {
    this.timeout(180_000);
    let bed: Bed;
    let dir: string;
    let declared: Declared;
    let atFirst: Set<string>;

    this.beforeAll(async () => {
        bed = await useBed();
        dir = await bed.scratch();
        // What the stack makes doesn't change between the scenes.
        declared = await declaredWithCharts({ stack }, await declaredByProgram({ stack }), true);
        assert.deepEqual(declared.closed, []);
        atFirst = await everything(bed.kube);
    });
    this.afterAll(async () => assert.deepEqual(extra(await everything(bed.kube), atFirst), []));

    const look = (options: Partial<DoctorOptions> = {}): Promise<Finding[]> =>
        doctor({
            ...{ stack, declared, offline: true, kubeconfig: bed.kubeconfig },
            backend: new BuiltinEngine({ dir, kubeconfig: bed.kubeconfig }),
            ...options,
        });
    const problems = (findings: Finding[]) =>
        findings.filter(({ level }) => level === "error" || level === "warning").map(({ id }) => id);

    /** Asserts a finding of a scene, and its absence when the scene is mended. */
    async function found(id: FindingId, subject: RegExp, options: Partial<DoctorOptions> = {}): Promise<Finding> {
        const findings = await look(options);
        const one = findings.find((each) => each.id === id && each.level !== "passed" && subject.test(each.subject));
        assert.ok(one, `no ${id} of ${subject}:\n${findingsText(findings)}`);
        return one;
    }
    async function mended(id: FindingId): Promise<void> {
        const findings = await look();
        assert.ok(!problems(findings).includes(id), findingsText(findings));
    }

    it("finds nothing wrong with an empty cluster", async () => {
        const findings = await look();
        assert.deepEqual(problems(findings), [], findingsText(findings));
        assert.equal(findingsCode(findings), 0);
    });

    it("says so as a command, for people and for machines, and changes nothing", async () => {
        const run = (...args: string[]) =>
            execa(
                process.execPath,
                [
                    join(repoRoot, "cli", "data-platform.mjs"),
                    ...["doctor", "--stack", stack, "--offline", "--kubeconfig", bed.kubeconfig],
                    ...args,
                ],
                { reject: false, env: { DATA_PLATFORM_SANDBOX_DIR: dir, DATA_PLATFORM_ENGINE: "builtin" } },
            );
        const people = await run();
        assert.equal(people.exitCode, 0, people.stdout + people.stderr);
        assert.match(people.stdout, /✔ DP-ACCESS-001 /);
        assert.match(people.stdout, /passed$/);
        const wrong = await run("--json", "--context", "elsewhere");
        assert.equal(wrong.exitCode, 3);
        const { stack: of, success, findings } = JSON.parse(wrong.stdout) as Record<string, unknown>;
        assert.deepEqual([of, success], [stack, false]);
        assert.ok((findings as Finding[]).some(({ id, level }) => id === "DP-CLUSTER-001" && level === "error"));
        assert.deepEqual(extra(await everything(bed.kube), atFirst), []);
    });

    it("a context that isn't there: one error, and what was not looked at", async () => {
        const findings = await look({ context: "elsewhere" });
        assert.deepEqual(problems(findings), ["DP-CLUSTER-001"]);
        const [{ message, fix }] = findings.filter(({ level }) => level === "error");
        assert.match(message, /"elsewhere" is no context.*there are /);
        assert.match(fix ?? "", /kubectl config get-contexts; pulumi config set --stack sandbox/);
        const notes = findings.filter(({ id, message }) => id === "DP-LOOK-001" && /DP-CLUSTER/.test(message));
        assert.equal(notes.length, 1);
        assert.match(notes[0].message, /rights, .*storage classes, .*Helm releases, .*quotas/);
    });

    it("a server that is down: one error", async () => {
        const kubeconfig = join(dir, "down");
        const down = readFileSync(bed.kubeconfig, "utf8").replace(/https:\/\/127\.0\.0\.1:\d+/, "https://127.0.0.1:1");
        writeFileSync(kubeconfig, down);
        const findings = await look({ kubeconfig });
        assert.deepEqual(problems(findings), ["DP-CLUSTER-002"]);
        assert.match(
            findingsText(findings),
            /does not answer: connect ECONNREFUSED[^]*fix: kubectl get --raw \/version/,
        );
    });

    it("no storage class", async () => {
        const [theirs] = await bed.kube.list("storage.k8s.io/v1", "StorageClass");
        await bed.kube.delete(identityOf(theirs));
        try {
            const one = await found("DP-STORAGE-001", /objectStore\.storageClass/);
            assert.equal(one.level, "error");
            assert.match(one.fix ?? "", /^pulumi config set --stack sandbox --path 'data-platform:objectStore.storage/);
        } finally {
            const { name, annotations } = theirs.metadata;
            await bed.kube.create({ ...theirs, metadata: { name, annotations } });
        }
        await mended("DP-STORAGE-001");
    });

    it("a DNS that isn't where the policies open it, a node's cache, and a network plugin that enforces nothing", async () => {
        const labels = { "dns.example.com/daemonset-dns": "default" };
        const namespace = "kube-system";
        const made: KubeObject[] = [];
        const make = async (object: KubeObject) => made.push(await bed.kube.create(object));
        const daemonSet = (name: string, own: Record<string, string>, args: string[]): KubeObject => ({
            ...{ apiVersion: "apps/v1", kind: "DaemonSet", metadata: { name, namespace } },
            spec: {
                selector: { matchLabels: own },
                template: {
                    metadata: { labels: own },
                    spec: { nodeSelector: { nowhere: "true" }, containers: [{ name: "main", image: "none", args }] },
                },
            },
        });
        const service = { metadata: { name: "dns-default", namespace }, apiVersion: "v1", kind: "Service" };
        const ports = ["UDP", "TCP"].map((protocol) => ({ name: `dns-${protocol.toLowerCase()}`, port: 53, protocol }));
        try {
            await make({ ...service, spec: { selector: labels, ports } });
            await make({
                ...{ apiVersion: "discovery.k8s.io/v1", kind: "EndpointSlice", addressType: "IPv4" },
                metadata: {
                    ...{ name: "dns-default-x", namespace },
                    labels: { "kubernetes.io/service-name": "dns-default" },
                },
                endpoints: [{ addresses: ["10.9.9.9"] }],
                ports: ports.map((port) => ({ ...port, port: 5353 })),
            });
            await make(
                daemonSet("node-local-dns", { "k8s-app": "node-local-dns" }, ["-localip", "169.254.20.10,10.96.0.10"]),
            );
            await make(daemonSet("kube-flannel-ds", { app: "flannel" }, []));
            const { level, message, fix } = await found("DP-NETWORK-004", /DNS/);
            assert.equal(level, "error");
            assert.match(message, /dns.pods has none of .*kube-system\/dns-default.*daemonset-dns=default/);
            assert.match(message, /dns.ports doesn't hold 5353/);
            assert.match(message, /dns.addresses doesn't hold .*169.254.20.10, 10.96.0.10/);
            // What is proposed is what mends it.
            const { values } = readStackConfig(stackFile(stack));
            values["data-platform:kubernetes"] = JSON.stringify({
                dns: { pods: [{ namespace, labels }], ports: [5353], addresses: ["169.254.20.10", "10.96.0.10"] },
            });
            for (const part of [
                /kubernetes.dns.pods\[0\].namespace' kube-system/,
                /pods\[0\].labels\["dns.example.com\/daemonset-dns"\]' default/,
                /kubernetes.dns.ports\[0\]' 5353/,
                /kubernetes.dns.addresses\[1\]' 10.96.0.10/,
            ])
                assert.match(fix ?? "", part);
            const after = await look({ config: values });
            assert.ok(!problems(after).includes("DP-NETWORK-004"), findingsText(after));
            assert.match((await found("DP-NETWORK-005", /NetworkPolicies/)).message, /not enforced: flannel/);
        } finally {
            for (const object of made.reverse()) await bed.kube.delete(identityOf(object), "Background");
        }
        await mended("DP-NETWORK-004");
        await mended("DP-NETWORK-005");
    });

    it("hosts that nobody takes, and pods whose users nobody says", async () => {
        const { values } = readStackConfig(stackFile(stack));
        const hosts = { tracking: "mlflow.example.com" };
        const config = {
            ...values,
            "data-platform:ingress": JSON.stringify({ className: "alb", hosts }),
            "data-platform:kubernetes": JSON.stringify({ podUser: "assigned" }),
        };
        const wrong = (await look({ config })).filter(({ level }) => ["warning", "error"].includes(level));
        assert.deepEqual(
            wrong.map(({ id, level }) => `${id} ${level}`),
            ["DP-CLUSTER-008 warning", "DP-NETWORK-006 error", "DP-NETWORK-006 warning"],
        );
        const alb: KubeObject = {
            ...{ apiVersion: "networking.k8s.io/v1", kind: "IngressClass", metadata: { name: "alb" } },
            spec: { controller: "ingress.k8s.aws/alb" },
        };
        await bed.kube.create(alb);
        try {
            config["data-platform:ingress"] = JSON.stringify({ className: "alb", hosts, from: ["10.0.0.0/16"] });
            assert.ok(!problems(await look({ config })).includes("DP-NETWORK-006"));
        } finally {
            await bed.kube.delete(identityOf(alb));
        }
    });

    it("a lock", async () => {
        await withStackLock(join(dir, "apply", `${stack}.lock`), `stack ${stack}`, async () => {
            const { level, message, fix } = await found("DP-STACK-001", /sandbox/);
            assert.equal(level, "error");
            assert.match(message, new RegExp(`is locked by .*${process.pid}.* since `));
            assert.match(fix ?? "", /^data-platform /);
        });
        await mended("DP-STACK-001");
    });

    describe("with namespaces of the stack's", () => {
        const namespaces = ["sandbox-storage", "sandbox-streaming", "sandbox-jobs"];
        const labels = { "data-platform.io/stack": stack };
        const made: KubeObject[] = [];
        const make = async (object: KubeObject) => {
            made.push(object);
            return bed.kube.create(object);
        };
        const unmake = async () => {
            for (const object of made.splice(0).reverse()) await bed.kube.delete(identityOf(object), "Background");
        };
        const record = (namespace: string, name: string, version: number, status: string): KubeObject => ({
            apiVersion: "v1",
            kind: "Secret",
            metadata: {
                name: `sh.helm.release.v1.${name}.v${version}`,
                namespace,
                labels: { owner: "helm", name, version: String(version), status },
            },
            type: "helm.sh/release.v1",
        });

        before(async () => {
            for (const name of namespaces)
                await bed.kube.create({ apiVersion: "v1", kind: "Namespace", metadata: { name, labels } });
        });
        afterEach(unmake);
        after(async () => {
            for (const name of namespaces) await bed.kube.delete({ apiVersion: "v1", kind: "Namespace", name });
            await gone(namespaces);
        });
        const gone = async (names: string[]) => {
            for (const name of names)
                while (await bed.kube.get({ apiVersion: "v1", kind: "Namespace", name }))
                    await new Promise((resolve) => setTimeout(resolve, 200));
        };

        it("a release that is pending", async () => {
            await make(record("sandbox-streaming", "kafka", 1, "superseded"));
            await make(record("sandbox-streaming", "kafka", 2, "pending-upgrade"));
            const { level, message, fix } = await found("DP-HELM-001", /^Release sandbox-streaming\/kafka$/);
            assert.deepEqual([level, fix], ["error", recover]);
            assert.match(message, /pending-upgrade \(revision 2/);
            await unmake();
            await mended("DP-HELM-001");
        });

        it("a release that the state doesn't know, and one that has failed", async () => {
            await make(record("sandbox-storage", "minio", 1, "deployed"));
            await make(record("sandbox-storage", "theirs", 3, "failed"));
            const { level, message, fix } = await found("DP-HELM-003", /^Release sandbox-storage\/minio$/);
            assert.deepEqual([level, fix], ["error", recover]);
            assert.match(message, /cannot re-use a name that is still in use/);
            assert.equal((await found("DP-HELM-002", /sandbox-storage\/theirs$/)).level, "warning");
            await unmake();
            await mended("DP-HELM-003");
        });

        it("a namespace that is stuck in Terminating, and by whose finalizer", async () => {
            const held: KubeObject = {
                apiVersion: "v1",
                kind: "ConfigMap",
                metadata: { name: "held", namespace: "sandbox-jobs", finalizers: ["example.com/dead"] },
            };
            await bed.kube.create(held);
            const namespace = { apiVersion: "v1", kind: "Namespace", name: "sandbox-jobs" };
            await bed.kube.delete(namespace);
            const told = async () =>
                JSON.stringify((await bed.kube.get(namespace))?.status ?? {}).includes("configmaps. has 1 resource");
            while (!(await told())) await new Promise((resolve) => setTimeout(resolve, 200));
            try {
                const { level, message, fix } = await found("DP-NS-001", /^Namespace sandbox-jobs$/);
                assert.equal(level, "error");
                assert.match(message, /ConfigMap sandbox-jobs\/held waits for example\.com\/dead/);
                assert.equal(fix, `data-platform teardown --stack ${stack} --dry-run`);
            } finally {
                await bed.kube.http.send({
                    method: "PATCH",
                    path: "/api/v1/namespaces/sandbox-jobs/configmaps/held",
                    body: { metadata: { finalizers: null } },
                    contentType: "application/merge-patch+json",
                });
            }
            await gone(["sandbox-jobs"]);
            await mended("DP-NS-001");
        });

        it("Pod Security admission refuses a privileged pod where the namespace says so, and none is left", async () => {
            const of = async () => (await look()).find(({ id }) => id === "DP-CLUSTER-009");
            assert.equal((await of())?.level, "info");
            const closed = { ...labels, "pod-security.kubernetes.io/enforce": "restricted" };
            await gone(["sandbox-jobs"]);
            const jobs = { apiVersion: "v1", kind: "Namespace", metadata: { name: "sandbox-jobs", labels: closed } };
            await bed.kube.create(jobs);
            const account = { apiVersion: "v1", kind: "ServiceAccount", namespace: "sandbox-jobs", name: "default" };
            while (!(await bed.kube.get(account))) await new Promise((resolve) => setTimeout(resolve, 100));
            assert.deepEqual((await of())?.level, "passed", (await of())?.message);
            assert.deepEqual(await bed.kube.list("v1", "Pod", { namespace: "sandbox-jobs" }), []);
        });

        it("a quota that somebody else has made", async () => {
            const metadata = { name: "theirs", namespace: "sandbox-storage" };
            const spec = { hard: { "requests.memory": "1Mi" } };
            await make({ apiVersion: "v1", kind: "ResourceQuota", metadata, spec });
            const { message, fix } = await found("DP-ROOM-003", /sandbox-storage\/theirs$/);
            assert.match(message, /requests\.memory 1Mi, asked for \d/);
            assert.match(fix ?? "", /^kubectl edit resourcequota theirs --namespace sandbox-storage$/);
            await unmake();
            await mended("DP-ROOM-003");
        });

        it("a namespace and a PriorityClass of another stack", async () => {
            const name = "data-platform-batch";
            const instance = { "app.kubernetes.io/instance": `other-${name}` };
            const other = { "data-platform.io/stack": "other" };
            await make({ apiVersion: "v1", kind: "Namespace", metadata: { name: "sandbox-tracking", labels: other } });
            await make({
                ...{ apiVersion: "scheduling.k8s.io/v1", kind: "PriorityClass" },
                metadata: { name, labels: instance },
                value: 7,
            });
            assert.match((await found("DP-ROOM-004", /data-platform-batch/)).message, /belongs to the stack other/);
            assert.match((await found("DP-NS-002", /prefix/)).message, /sandbox-tracking.*belongs to the stack other/);
            await unmake();
            await gone(["sandbox-tracking"]);
            await mended("DP-ROOM-004");
            await mended("DP-NS-002");
        });

        it("a webhook that nobody answers for, and an API that doesn't answer", async () => {
            const service = { namespace: "sandbox-storage", name: "nobody" };
            await make({
                ...{ apiVersion: "admissionregistration.k8s.io/v1", kind: "ValidatingWebhookConfiguration" },
                metadata: { name: "doctor-test" },
                webhooks: [
                    {
                        ...{ name: "pods.example.com", sideEffects: "None", admissionReviewVersions: ["v1"] },
                        clientConfig: { service },
                        rules: [
                            {
                                apiGroups: ["apps"],
                                apiVersions: ["v1"],
                                operations: ["CREATE"],
                                resources: ["deployments"],
                            },
                        ],
                    },
                ],
            });
            await make({
                ...{ apiVersion: "apiregistration.k8s.io/v1", kind: "APIService" },
                metadata: { name: "v1.doctor.example.com" },
                spec: {
                    ...{ group: "doctor.example.com", version: "v1", insecureSkipTLSVerify: true, service },
                    ...priorities,
                },
            });
            const webhook = await found("DP-HOOK-001", /ValidatingWebhookConfiguration doctor-test$/);
            assert.equal(webhook.level, "error");
            assert.match(webhook.message, /sandbox-storage\/nobody.*deployments of this stack/);
            assert.match(webhook.fix ?? "", /kubectl delete validatingwebhookconfiguration doctor-test$/);
            const api = await found("DP-HOOK-002", /APIService v1\.doctor\.example\.com$/);
            assert.match(api.fix ?? "", /kubectl delete apiservice v1\.doctor\.example\.com$/);
            await unmake();
            await mended("DP-HOOK-001");
            await mended("DP-HOOK-002");
        });
        const priorities = { groupPriorityMinimum: 100, versionPriority: 100 };

        it("a node that takes no pods", async () => {
            const cordon = (unschedulable: boolean) =>
                bed.kube.http.send({
                    method: "PATCH",
                    path: "/api/v1/nodes/bed",
                    body: { spec: { unschedulable } },
                    contentType: "application/merge-patch+json",
                });
            await cordon(true);
            try {
                const { level, fix } = await found("DP-CLUSTER-004", /^Node bed$/);
                assert.deepEqual([level, fix], ["error", "kubectl uncordon bed"]);
            } finally {
                await cordon(false);
            }
            await mended("DP-CLUSTER-004");
        });

        it("an account with too few rights, and what it may not even look at", async () => {
            const account = {
                apiVersion: "v1",
                kind: "ServiceAccount",
                metadata: { name: "few", namespace: "sandbox-jobs" },
            };
            const ns = { apiVersion: "v1", kind: "Namespace", name: "sandbox-jobs" };
            if (!(await bed.kube.get(ns))) await bed.kube.create({ ...ns, metadata: { name: ns.name, labels } });
            await make(account);
            const bound = (role: string): KubeObject => ({
                ...{ apiVersion: "rbac.authorization.k8s.io/v1", kind: "ClusterRoleBinding" },
                metadata: { name: `doctor-test-${role}` },
                roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: role },
                subjects: [{ kind: "ServiceAccount", ...account.metadata }],
            });
            await make(bound("edit"));
            const kubeconfig = join(dir, "few");
            writeFileSync(kubeconfig, await asAccount(account.metadata));
            const { level, message, fix } = await found("DP-ACCESS-001", /rights/, { kubeconfig });
            assert.equal(level, "error");
            assert.match(message, /^system:serviceaccount:sandbox-jobs:few may not/);
            assert.match(message, /create, patch, delete namespaces on the cluster/);
            assert.ok(!/deployments\.apps in/.test(message), `it may make deployments:\n${message}`);
            assert.match(fix ?? "", /^kubectl create clusterrolebinding .* --serviceaccount=sandbox-jobs:few /);
            const grant = await found("DP-ACCESS-002", /roles/, { kubeconfig });
            assert.match(grant.message, /ClusterRole cert-manager.*: /);
            const closed = await found("DP-LOOK-002", /aggregated APIs/, { kubeconfig });
            assert.deepEqual([closed.level, /may not \(403\)/.test(closed.message)], ["warning", true]);

            await make(bound("cluster-admin"));
            const findings = await look({ kubeconfig });
            assert.deepEqual(problems(findings), [], findingsText(findings));
        });

        /** The bed's kubeconfig with the token of an account. */
        async function asAccount({ namespace, name }: { namespace: string; name: string }): Promise<string> {
            const answer = await bed.kube.http.send({
                method: "POST",
                path: `/api/v1/namespaces/${namespace}/serviceaccounts/${name}/token`,
                body: {
                    apiVersion: "authentication.k8s.io/v1",
                    kind: "TokenRequest",
                    spec: { expirationSeconds: 3600 },
                },
            });
            const { token } = (JSON.parse(answer) as { status: { token: string } }).status;
            const config = parse(readFileSync(bed.kubeconfig, "utf8")) as { users: { name: string; user: object }[] };
            return stringify({
                ...config,
                users: config.users.map(({ name: user }) => ({ name: user, user: { token } })),
            });
        }
    });
});
