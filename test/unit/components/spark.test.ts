import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";

import { parse } from "yaml";

import { repoRoot } from "../../../lib/paths";
import { Collected, collect, sentinel } from "../../support/collect";
import { Definition, objections } from "../../support/custom-resource";
import { PodTemplate } from "../../support/charts";

interface Part {
    cores: number;
    coreRequest: string;
    coreLimit?: string;
    memory: string;
    memoryOverhead: string;
    instances?: number;
    serviceAccount?: string;
    template: PodTemplate;
}
interface Application {
    type: string;
    sparkConf: Record<string, string>;
    restartPolicy: { type: string; onFailureRetries?: number };
    driver: Part;
    executor: Part;
    [key: string]: unknown;
}
interface Manifest {
    apiVersion: string;
    kind: string;
    metadata: { name: string; namespace: string };
    spec: Application;
}
interface Policy {
    spec: { podSelector: { matchLabels: Record<string, string> }; ingress?: unknown[]; egress: unknown[] };
}

describe("Spark", () => {
    const program = join(__dirname, "../fixtures/spark.ts");
    let made: Collected;
    before(async () => {
        made = await collect({ program });
    });

    const custom = (kind: string) =>
        made.requests.map(({ inputs }) => inputs).filter((inputs) => inputs.kind === kind) as unknown as Manifest[];
    const gold = () => made.outputs.manifest as Manifest;
    const once = () => custom("SparkApplication")[0];
    const nightly = () =>
        custom("ScheduledSparkApplication")[0] as unknown as {
            spec: Record<string, unknown> & { template: Application };
        };
    const applications = () => [gold().spec, once().spec, nightly().spec.template];
    const parts = () => applications().flatMap(({ driver, executor }) => [driver, executor]);

    it("a job run by a DAG makes no application itself, and a scheduled one makes its own", () => {
        assert.deepEqual(
            custom("SparkApplication").map(({ metadata }) => metadata.name),
            ["once"],
        );
        assert.equal(gold().metadata.namespace, "sandbox-jobs");
        assert.equal(gold().kind, "SparkApplication");
        assert.equal(nightly().spec.schedule, "0 3 * * *");
        assert.equal(nightly().spec.timeZone, "Europe/Berlin");
        assert.equal(nightly().spec.concurrencyPolicy, "Forbid");
    });

    it("drivers and executors are restricted, limited, and can't write to their root", () => {
        for (const { template } of parts()) {
            const { securityContext, containers } = template.spec;
            assert.equal(securityContext?.runAsNonRoot, true);
            assert.equal(securityContext.runAsUser, 185);
            assert.deepEqual(securityContext.seccompProfile, { type: "RuntimeDefault" });
            for (const container of containers) {
                assert.deepEqual(container.securityContext, {
                    allowPrivilegeEscalation: false,
                    readOnlyRootFilesystem: true,
                    capabilities: { drop: ["ALL"] },
                });
                assert.ok(container.resources?.limits?.memory);
                assert.ok(
                    !("command" in JSON.parse(JSON.stringify(container))),
                    "the image's own entry point starts it",
                );
            }
        }
    });

    it("driver and executors have the job's priority and nodes, which autoscalers leave alone", () => {
        const nodes = [{ pool: "batch" }, [{ key: "batch", operator: "Exists" }]];
        for (const [{ driver, executor }, priority] of [
            [gold().spec, "data-platform-batch"],
            [nightly().spec.template, "data-platform-critical"],
        ] as [Application, string][]) {
            for (const { template } of [driver, executor]) {
                const { priorityClassName, nodeSelector, tolerations } = template.spec;
                assert.deepEqual([priorityClassName, nodeSelector, tolerations], [priority, ...nodes]);
                const { annotations } = template.metadata;
                assert.equal(annotations["cluster-autoscaler.kubernetes.io/safe-to-evict"], "false");
                assert.equal(annotations["karpenter.sh/do-not-disrupt"], "true");
            }
        }
    });

    it("the history server and the check of the webhook are servers of the platform", () => {
        const pods = [made.one("Deployment", "spark-history"), made.all("Job")[0]].map(
            ({ inputs }) => (inputs as { spec: { template: PodTemplate } }).spec.template,
        );
        const hints = pods.map(
            ({ metadata }) => metadata.annotations["cluster-autoscaler.kubernetes.io/safe-to-evict"],
        );
        assert.deepEqual(hints, ["true", "false"]);
        for (const { spec } of pods) {
            assert.equal(spec.priorityClassName, "data-platform-platform");
            assert.deepEqual(spec.nodeSelector, { pool: "platform" });
        }
    });

    it("each job has an account of its own, for its driver and its executors", () => {
        const jobs = [
            ["gold", gold().spec],
            ["once", once().spec],
            ["nightly", nightly().spec.template],
        ] as [string, Application][];
        for (const [job, { driver, executor }] of jobs) {
            made.one("ServiceAccount", job);
            const { subjects } = made.one("RoleBinding", job).inputs as unknown as { subjects: { name: string }[] };
            assert.deepEqual(
                subjects.map(({ name }) => name),
                [job],
            );
            assert.equal(driver.serviceAccount, job);
            for (const { template } of [driver, executor]) assert.equal(template.spec.serviceAccountName, job);
        }
    });

    it("each driver may start executors like its own, and no other job's", () => {
        const [policy] = made
            .all("ValidatingAdmissionPolicy")
            .filter(({ name }) => name.endsWith("-launched-pods")) as unknown as {
            inputs: { spec: { variables: { name: string; expression: string }[] } };
        }[];
        const { expression } = policy.inputs.spec.variables.find(({ name }) => name === "may")!;
        assert.deepEqual(
            JSON.parse(expression),
            Object.fromEntries(
                ["gold", "nightly", "once"].map((job) => [
                    `system:serviceaccount:sandbox-jobs:${job}`,
                    [`sandbox-jobs/${job}`],
                ]),
            ),
        );
    });

    it("only a driver talks to the Kubernetes API", () => {
        for (const { driver, executor } of applications()) {
            assert.equal(driver.template.spec.automountServiceAccountToken, true);
            assert.equal(executor.template.spec.automountServiceAccountToken, false);
            assert.equal(driver.template.spec.containers[0]?.name, "spark-kubernetes-driver");
            assert.equal(executor.template.spec.containers[0]?.name, "spark-kubernetes-executor");
        }
        const driver = made.one("NetworkPolicy", "gold-driver").inputs as unknown as Policy;
        assert.equal(driver.spec.podSelector.matchLabels["spark-role"], "driver");
    });

    it("a driver's rights end at its namespace, and have neither Secrets nor wildcards in them", () => {
        for (const job of ["gold", "nightly", "once"]) {
            const role = made.one("Role", job).inputs as unknown as {
                rules: { resources: string[]; verbs: string[] }[];
            };
            const all = role.rules.flatMap(({ resources, verbs }) => [...resources, ...verbs]);
            for (const none of ["*", "secrets", "configmaps", "pods/exec", "serviceaccounts"])
                assert.ok(!all.includes(none), none);
        }
        assert.equal(made.all("ClusterRole").length, 0);
    });

    it("a size is what Spark and Kubernetes both understand", () => {
        const { driver, executor } = nightly().spec.template;
        const { template, ...sizes } = driver;
        assert.deepEqual(sizes, {
            cores: 2,
            coreRequest: "2",
            coreLimit: "3",
            memory: "1024m",
            memoryOverhead: "410m",
            serviceAccount: "nightly",
        });
        assert.deepEqual(template.spec.containers[0]?.resources, {
            requests: { cpu: "2", memory: "1434Mi" },
            limits: { memory: "1434Mi", cpu: "3" },
        });
        assert.equal(executor.memoryOverhead, "1024m");
        assert.equal(executor.instances, undefined);
        assert.equal(gold().spec.driver.memoryOverhead, "384m");
        assert.equal(gold().spec.executor.instances, 2);
    });

    it("the store is reached by TLS, with credentials from a file; the log goes there unless it is switched off", () => {
        const { sparkConf, driver, executor } = gold().spec;
        assert.equal(sparkConf["spark.hadoop.fs.s3a.endpoint"], "https://minio.sandbox-storage.svc:9000");
        assert.equal(sparkConf["spark.hadoop.fs.s3a.connection.ssl.enabled"], "true");
        assert.equal(sparkConf["spark.eventLog.dir"], "s3a://spark-events/");
        assert.equal(nightly().spec.template.sparkConf["spark.eventLog.enabled"], undefined);
        assert.equal(nightly().spec.template.sparkConf["spark.sql.shuffle.partitions"], "8");
        const store = "/var/run/data-platform/s3";
        for (const { template } of [driver, executor]) {
            const env = template.spec.containers[0]?.env ?? [];
            assert.equal(env.find(({ name }) => name === "AWS_SHARED_CREDENTIALS_FILE")?.value, `${store}/credentials`);
            const { containers, volumes = [] } = template.spec;
            const mounted = containers[0]?.volumeMounts?.find(({ mountPath }) => mountPath === store);
            const volume = volumes.find(({ name }) => name === mounted?.name);
            assert.match(JSON.stringify(volume), /"secretName":"minio-user-gold"/);
            assert.equal(env.find(({ name }) => name === "KAFKA_CA_FILE")?.value, "/etc/data-platform/ca/ca.crt");
            assert.equal(env.find(({ name }) => name === "MODE")?.value, "full");
        }
    });

    it("only a job that says it is short is compiled less eagerly", () => {
        const option = (part: string) => `spark.${part}.defaultJavaOptions`;
        for (const part of ["driver", "executor"]) {
            assert.equal(gold().spec.sparkConf[option(part)], "-XX:TieredStopAtLevel=1");
            assert.equal(nightly().spec.template.sparkConf[option(part)], undefined);
        }
    });

    it("no password is in a manifest", () => {
        assert.ok(!JSON.stringify([gold(), once(), nightly()]).includes(sentinel));
    });

    it("pods of one job know each other by a secret in a file, and reach each other and nobody else's", () => {
        for (const { sparkConf } of applications()) {
            assert.equal(sparkConf["spark.authenticate"], "true");
            assert.equal(sparkConf["spark.network.crypto.enabled"], "true");
            assert.equal(sparkConf["spark.authenticate.secret.file"], "/var/run/data-platform/spark/secret");
            assert.equal(sparkConf["spark.ui.enabled"], "false");
        }
        for (const { executor } of applications()) {
            const env = executor.template.spec.containers[0]?.env ?? [];
            // Without such a master Spark looks for the secret in no file.
            assert.match(env.find(({ name }) => name === "JDK_JAVA_OPTIONS")?.value ?? "", /-Dspark\.master=k8s:/);
        }
        for (const { template } of parts()) {
            const read = (template.spec.containers[0]?.env ?? []).filter(({ valueFrom }) => valueFrom?.secretKeyRef);
            assert.deepEqual(read, [], "the environment is the process' for whoever may look at it");
        }
        const { spec } = made.one("NetworkPolicy", "nightly").inputs as unknown as Policy;
        const pods = [{ podSelector: { matchLabels: spec.podSelector.matchLabels } }];
        const ports = [7078, 7079].map((port) => ({ protocol: "TCP", port }));
        assert.deepEqual(spec.ingress, [{ from: pods, ports }]);
        assert.deepEqual(spec.egress.at(-1), { to: pods, ports });
        assert.ok(JSON.stringify(spec.egress).includes("203.0.113.0/24"));
        for (const { template } of parts()) assert.ok(template.metadata.labels["app.kubernetes.io/instance"]);
    });

    it("the operator tries again what nobody else does", () => {
        assert.equal(gold().spec.restartPolicy.type, "Never");
        assert.equal(once().spec.restartPolicy.type, "Never");
        assert.deepEqual(nightly().spec.template.restartPolicy, {
            type: "OnFailure",
            onFailureRetries: 3,
            onFailureRetryInterval: 10,
            onSubmissionFailureRetries: 3,
            onSubmissionFailureRetryInterval: 10,
        });
        assert.equal(gold().spec.driver.template.spec.activeDeadlineSeconds, 600);
    });

    it("the history server listens on localhost, as a user that may only read", () => {
        const { spec } = made.one("Deployment", "spark-history").inputs as unknown as {
            spec: { template: PodTemplate };
        };
        const [container] = spec.template.spec.containers;
        assert.equal(container?.env?.find(({ name }) => name === "SPARK_LOCAL_IP")?.value, "127.0.0.1");
        assert.match(
            container?.env?.find(({ name }) => name === "SPARK_HISTORY_OPTS")?.value ?? "",
            /s3a:\/\/spark-events/,
        );
        assert.equal(made.all("Service").length, 0);
    });

    it("the operator is installed before its webhook is tried, and jobs come after", () => {
        const check = made.all("Job")[0];
        const release = made.one("Release", "spark-operator");
        assert.ok(check?.dependencies.includes(release.urn));
        const application = made.requests.find(({ inputs }) => inputs.kind === "ScheduledSparkApplication");
        assert.ok(application?.dependencies.includes(check.urn));
    });

    const upstream = join(repoRoot, "../shared/charts/spark-operator");
    const prepared = join(repoRoot, ".sandbox/crds/spark-operator");
    for (const [from, folder] of Object.entries({ upstream: join(upstream, "crds"), module: prepared })) {
        // Neither is part of the project.
        if (!existsSync(folder)) continue;
        it(`the operator's definitions take every job (${from})`, () => {
            const definition = (plural: string) => {
                const file = readdirSync(folder).find((name) => name.includes(`_${plural}.`)) ?? "";
                return parse(readFileSync(join(folder, file), "utf8")) as Definition;
            };
            const single = definition("sparkapplications");
            assert.deepEqual(objections(single, "v1beta2", gold()), []);
            assert.deepEqual(objections(single, "v1beta2", once()), []);
            assert.deepEqual(objections(definition("scheduledsparkapplications"), "v1beta2", nightly()), []);
            // A test that finds nothing must be able to.
            const wrong = { ...once(), spec: { ...once().spec, typo: true, restartPolicy: { type: "Sometimes" } } };
            assert.equal(objections(single, "v1beta2", wrong).length, 2);
        });
    }

    const valuesFile = [join(upstream, "values.yaml"), join(repoRoot, ".sandbox/charts/spark-operator/values.yaml")];
    for (const file of valuesFile.filter(existsSync)) {
        it(`every chart value is one that the chart knows (${relative(repoRoot, file)})`, () => {
            const known = parse(readFileSync(file, "utf8")) as Record<string, unknown>;
            const { values } = made.one("Release", "spark-operator").inputs as { values: Record<string, unknown> };
            assert.deepEqual(unknownKeys(values, known, ""), []);
            assert.deepEqual(unknownKeys({ controller: { typo: 1 } }, known, ""), ["controller.typo"]);
        });
    }
});

/** Paths of values that a chart's defaults don't have. Below an empty map anything goes. */
function unknownKeys(values: Record<string, unknown>, known: Record<string, unknown>, path: string): string[] {
    return Object.entries(values).flatMap(([key, value]) => {
        if (!(key in known)) return [path + key];
        const below = known[key];
        if (!isMap(value) || !isMap(below) || Object.keys(below).length === 0) return [];
        return unknownKeys(value, below, `${path}${key}.`);
    });
}

function isMap(value: unknown): value is Record<string, unknown> {
    return typeof value === "object" && value !== null && !Array.isArray(value);
}
