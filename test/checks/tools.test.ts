import assert from "node:assert/strict";

import { checkov } from "../../checks/checkov";
import { kubeScore } from "../../checks/kube-score";
import { kubeconform } from "../../checks/kubeconform";
import { type Manifest } from "../../kubernetes/objects";
import { type Finding } from "../../checks/finding";
import { prepareCharts } from "../../tools/charts";
import { found, goodContainer, goodContext, goodPod, goodPolicy, laidOut, sparkApplication } from "./bad";

describe("each tool can fail", function () {
    this.timeout(180_000);
    before("the definitions of custom resources", prepareCharts);

    describe("kubeconform", () => {
        it("has nothing against what is right, custom resources included", async () => {
            const { checks, unchecked } = await found(
                kubeconform,
                goodPod(),
                goodPolicy,
                sparkApplication(goodContext),
            );
            assert.deepEqual(checks, []);
            assert.deepEqual(unchecked, []);
        });

        it("refuses a field that nobody defined, and names it", async () => {
            const container = { ...goodContainer, imagePullPolice: "Always" };
            const { findings } = await found(kubeconform, goodPod({ containers: [container] }));
            assert.equal(findings.length, 1);
            assert.equal(findings[0].object, "Pod/apps/app");
            assert.match(findings[0].message, /^\/spec\/containers\/0: .*imagePullPolice/);
        });

        it("refuses a word that is none of those that the API server takes", async () => {
            const container = { ...goodContainer, imagePullPolicy: "Sometimes" };
            const { findings } = await found(kubeconform, goodPod({ containers: [container] }));
            assert.match(findings[0].message, /^\/spec\/containers\/0\/imagePullPolicy: .*'Always'.*'Never'/);
        });

        it("refuses a value of another type, and one that is missing", async () => {
            const value = [{ name: "PORT", value: 8080 }];
            const typed = await found(kubeconform, goodPod({ containers: [{ ...goodContainer, env: value }] }));
            assert.match(typed.findings[0].message, /^\/spec\/containers\/0\/env\/0\/value: got number, want string/);
            const missing = await found(kubeconform, goodPod({ containers: undefined }));
            assert.match(missing.findings[0].message, /^\/spec: missing propert.*containers/);
        });

        it("refuses a field that a custom resource's definition doesn't have", async () => {
            const application = sparkApplication(goodContext);
            application.spec = { ...(application.spec as object), mainAplicationFile: "local:///job.py" };
            const { checks, findings } = await found(kubeconform, application);
            assert.deepEqual(checks, ["schema SparkApplication/apps/job"]);
            assert.match(findings[0].message, /^\/spec: .*mainAplicationFile/);
        });

        it("refuses a version that the API server doesn't serve, or a definition doesn't have", async () => {
            const budget = { ...goodPolicy, apiVersion: "policy/v1beta1", kind: "PodDisruptionBudget" };
            const application = { ...sparkApplication(goodContext), apiVersion: "sparkoperator.k8s.io/v1alpha1" };
            const { findings } = await found(kubeconform, budget, application);
            assert.deepEqual(
                findings.map(({ check, message }) => `${check}: ${message}`),
                [
                    "kind: the API server serves no PodDisruptionBudget of policy/v1beta1",
                    "kind: SparkApplication of sparkoperator.k8s.io/v1alpha1 isn't defined, only v1beta2",
                ],
            );
        });

        it("names a kind that nobody here has a definition of", async () => {
            const unknown = { ...goodPolicy, apiVersion: "example.com/v1", kind: "Thing" };
            const { checks, unchecked } = await found(kubeconform, unknown);
            assert.deepEqual(checks, []);
            assert.deepEqual(unchecked, ["example.com/v1 Thing (1): no definition at hand, no schema"]);
        });
    });

    describe("checkov", () => {
        const named = (manifest: Manifest, name: string): Manifest => ({
            ...manifest,
            metadata: { ...manifest.metadata, name },
        });
        const privileged = { ...goodContext, privileged: true };
        const inText = named(sparkApplication(privileged), "text");
        let findings: Finding[];

        // It takes seconds to start, so it is asked once.
        before(async () => {
            ({ findings } = await found(
                checkov,
                goodPod(),
                goodPolicy,
                named(goodPod({ containers: [{ ...goodContainer, securityContext: privileged }] }), "privileged"),
                {
                    ...goodPod(),
                    metadata: { name: "open", namespace: "apps", labels: { "app.kubernetes.io/name": "other" } },
                },
                named(sparkApplication(goodContext), "good"),
                named(sparkApplication(privileged), "bad"),
                {
                    apiVersion: "v1",
                    kind: "ConfigMap",
                    metadata: { name: "tasks", namespace: "dags" },
                    data: { "text.yaml": JSON.stringify(inText) },
                },
            ));
        });

        const of = (check: string) => findings.filter((each) => each.check === check).map(({ object }) => object);

        it("has nothing against what is right", () => {
            assert.deepEqual(
                findings.filter(({ object }) => object === "Pod/apps/app"),
                [],
            );
        });

        it("finds a pod without a policy", () => {
            assert.ok(of("CKV2_K8S_6").includes("Pod/apps/open"));
        });

        it("finds what is privileged: a pod, a driver that hides in a Spark application, and one in a ConfigMap's text", () => {
            assert.deepEqual(of("CKV_K8S_16"), ["Pod/apps/bad-driver", "Pod/apps/privileged", "Pod/apps/text-driver"]);
        });

        it("says where a hidden one hides", () => {
            const origins = findings.filter(({ check }) => check === "CKV_K8S_16").map(({ origin }) => origin);
            assert.deepEqual(origins, [
                "made of SparkApplication/apps/bad",
                "Pod.privileged.yaml",
                "made of SparkApplication/apps/text (text.yaml in ConfigMap/dags/tasks)",
            ]);
        });
    });

    describe("kube-score", () => {
        it("has nothing against what is right", async () => {
            assert.deepEqual((await found(kubeScore, goodPod(), goodPolicy)).checks, []);
        });

        it("finds a policy without pods, a Service without probes behind it, a file system that can be written", async () => {
            const service = {
                apiVersion: "v1",
                kind: "Service",
                metadata: { name: "app", namespace: "apps" },
                spec: { selector: { "app.kubernetes.io/name": "app" }, ports: [{ port: 80 }] },
            };
            const container = { ...goodContainer, readinessProbe: undefined, securityContext: undefined };
            const nobody = {
                ...goodPolicy,
                metadata: { name: "nobody", namespace: "apps" },
                spec: { podSelector: { matchLabels: { app: "nobody" } }, policyTypes: ["Ingress"] },
            };
            const { checks } = await found(
                kubeScore,
                goodPod({ containers: [container] }),
                goodPolicy,
                service,
                nobody,
            );
            for (const check of [
                "networkpolicy-targets-pod NetworkPolicy/apps/nobody",
                "pod-probes Pod/apps/app",
                "container-security-context-readonlyrootfilesystem Pod/apps/app",
            ])
                assert.ok(checks.includes(check), `${check} is not in\n${checks.join("\n")}`);
        });

        it("finds a privileged driver that hides in a Spark application", async () => {
            const { checks } = await found(kubeScore, sparkApplication({ ...goodContext, privileged: true }));
            assert.ok(checks.includes("container-security-context-privileged Pod/apps/job-driver"), checks.join("\n"));
        });

        it("takes no note in an object for an excuse", async () => {
            const pod = goodPod({ containers: [{ ...goodContainer, securityContext: undefined }] });
            pod.metadata.annotations = { "kube-score/ignore": "container-security-context-readonlyrootfilesystem" };
            const { checks } = await found(kubeScore, pod, goodPolicy);
            assert.ok(checks.some((each) => each.startsWith("container-security-context-readonlyrootfilesystem")));
        });

        it("says so when it can't read an object at all", async () => {
            const env = [{ name: "DEBUG", value: true }];
            const { findings } = await found(kubeScore, goodPod({ containers: [{ ...goodContainer, env }] }));
            assert.deepEqual(
                findings.map(({ check, object }) => `${check} ${object}`),
                ["readable Stack/cluster/bad"],
            );
        });
    });

    it("a text that looks like a manifest and is none is a finding of its own", async () => {
        const { findings } = await laidOut({
            apiVersion: "v1",
            kind: "ConfigMap",
            metadata: { name: "tasks", namespace: "dags" },
            data: { "job.yaml": "apiVersion: v1\nkind: Pod\nmetadata: {name: {{ name }}\n" },
        });
        assert.deepEqual(
            findings.map(({ tool, object, origin }) => `${tool} ${object} ${origin}`),
            ["extraction ConfigMap/dags/tasks job.yaml in ConfigMap/dags/tasks"],
        );
    });
});
