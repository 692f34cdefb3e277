import assert from "node:assert/strict";

import { parse } from "yaml";

import { chartValues, large } from "../../support/airflow";
import {
    find,
    needHelm,
    type PodSpec,
    type PodTemplate,
    refusal,
    render,
    type Rendered,
    templates,
    type Values,
} from "../../support/charts";

const values = chartValues() as Values;

describe("chart airflow", () => {
    let objects: Rendered[];
    let config: Record<string, string>;
    let worker: PodTemplate;
    before(needHelm);
    before(async () => {
        objects = await render("airflow", values);
        config = find(objects, "ConfigMap", "airflow-config").data as Record<string, string>;
        worker = parse(config["pod_template_file.yaml"]) as PodTemplate;
    });
    const pods = () => new Map([...templates(objects), ["worker", worker]]);
    const environment = (spec: PodSpec) => spec.containers[0].env ?? [];

    it("makes the names of the official chart", () => {
        const named = (kind: string) =>
            objects
                .filter((object) => object.kind === kind)
                .map(({ metadata }) => metadata.name)
                .sort();
        assert.deepEqual(named("Deployment"), [
            "airflow-api-server",
            "airflow-dag-processor",
            "airflow-scheduler",
            "airflow-triggerer",
        ]);
        assert.deepEqual(named("Job"), ["airflow-create-user", "airflow-run-airflow-migrations"]);
        assert.deepEqual(named("Service"), ["airflow-api-server"]);
        assert.ok(named("ServiceAccount").includes("airflow-worker"));
    });

    it("has the job of the administrator make pools, and mounts what teams hand over in each pod that reads it", async () => {
        const pools = { powerbi: { slots: 4, description: "{{ .Values.data }} $(HOME)" } };
        const made = await render("airflow", chartValues({ pools, templates: ["billing-tasks"] }) as Values);
        const [job] = (find(made, "Job", "airflow-create-user").spec.template as PodTemplate).spec.containers;
        assert.match((job.args ?? []).join(" "), /python -m platform_airflow\.setup$/);
        const said = job.env?.find(({ name }) => name === "POOLS")?.value ?? "";
        assert.deepEqual(JSON.parse(said), {
            powerbi: { slots: 4, description: "{{ .Values.data }} $(HOME)", include_deferred: false },
        });
        const { "pod_template_file.yaml": text } = find(made, "ConfigMap", "airflow-config").data as typeof config;
        const mount = "/opt/airflow/team-tasks/billing-tasks";
        for (const { spec } of [
            parse(text) as PodTemplate,
            find(made, "Deployment", "airflow-dag-processor").spec.template as PodTemplate,
        ]) {
            assert.ok(spec.containers[0].volumeMounts?.some(({ mountPath }) => mountPath === mount));
        }
        assert.ok(!JSON.stringify(objects).includes("POOLS"));
    });

    it("runs nothing that `restricted` forbids, and more", () => {
        for (const [name, { spec }] of pods()) {
            assert.equal(spec.securityContext?.runAsNonRoot, true, name);
            assert.deepEqual(spec.securityContext?.seccompProfile, { type: "RuntimeDefault" }, name);
            assert.equal(spec.enableServiceLinks, false, name);
            for (const container of spec.containers) {
                assert.deepEqual(
                    container.securityContext,
                    {
                        allowPrivilegeEscalation: false,
                        readOnlyRootFilesystem: true,
                        runAsNonRoot: true,
                        capabilities: { drop: ["ALL"] },
                    },
                    name,
                );
                assert.ok(container.resources?.requests?.memory && container.resources.limits?.memory, name);
            }
        }
    });

    it("gives a token only to those who talk to the Kubernetes API", () => {
        const holders = [...pods()].filter(([, { spec }]) => spec.automountServiceAccountToken !== false);
        assert.deepEqual(holders.map(([name]) => name).sort(), [
            "airflow-api-server",
            "airflow-scheduler",
            "airflow-triggerer",
            "worker",
        ]);
    });

    it("keeps passwords of the database, and all keys, from the pods of tasks", () => {
        const inside = environment(worker.spec).map(({ name }) => name);
        assert.ok(
            !inside.some((name) => /^PG|JWT_SECRET|SQL_ALCHEMY|FERNET_KEY|API__SECRET_KEY/.test(name)),
            inside.join(),
        );
        const files = ({ spec }: PodTemplate) => JSON.stringify([spec.volumes, spec.containers[0].volumeMounts]);
        assert.match(files(worker), /"airflow-connections"/);
        assert.doesNotMatch(files(worker), /postgresql-user|airflow-keys/);
        for (const [name, pod] of templates(objects)) {
            assert.match(files(pod), /"postgresql-user-airflow".*\/var\/run\/data-platform\/database"/, name);
            assert.ok(!environment(pod.spec).some(({ valueFrom }) => valueFrom?.secretKeyRef), name);
        }
    });

    it("is let in to what each pod uses: tasks to no database, jobs to nothing else", () => {
        const uses = ({ metadata }: PodTemplate) =>
            Object.keys(metadata.labels)
                .flatMap((key) => (key.startsWith("data-platform.io/uses-") ? [key.slice(22)] : []))
                .sort();
        const systems = ["kafka", "minio", "mlflow"];
        for (const [name, pod] of pods()) {
            const job = ["airflow-create-user", "airflow-run-airflow-migrations"].includes(name);
            const wanted = name === "worker" ? systems : job ? ["postgresql"] : [...systems, "postgresql"];
            assert.deepEqual(uses(pod), wanted, name);
        }
    });

    it("names each variable before one that it is filled into", () => {
        for (const [name, { spec }] of pods()) {
            const known = new Set<string>();
            for (const { name: variable, value } of environment(spec)) {
                for (const [, used] of (value ?? "").matchAll(/\$\((\w+)\)/g))
                    assert.ok(known.has(used), `${name}: ${used}`);
                assert.ok(!known.has(variable), `${name}: ${variable} is there twice`);
                known.add(variable);
            }
        }
    });

    it("serves HTTPS only, and is asked for its health that way", () => {
        const [container] = templates(objects).get("airflow-api-server")?.spec.containers ?? [];
        for (const probe of [container.startupProbe, container.livenessProbe, container.readinessProbe]) {
            assert.equal((probe as { httpGet: { scheme: string } }).httpGet.scheme, "HTTPS");
        }
        assert.match(config["airflow.cfg"], /execution_api_server_url = https:\/\//);
        assert.match(config["airflow.cfg"], /client_use_public_certs = False/);
    });

    it("makes new pods when airflow.cfg changes", async () => {
        const other = await render("airflow", chartValues({ parallelism: 7 }) as Values);
        const sum = (of: Rendered[]) =>
            JSON.stringify(templates(of).get("airflow-scheduler")?.metadata).match(/airflow-config":"(\w+)/)?.[1];
        assert.notEqual(sum(other), sum(objects));
    });

    it("has one replica, no autoscaler and no budget unless it is told otherwise", () => {
        const kinds = new Set(objects.map(({ kind }) => kind));
        for (const kind of ["HorizontalPodAutoscaler", "PodDisruptionBudget"]) assert.ok(!kinds.has(kind), kind);
        for (const { metadata, spec } of objects.filter(({ kind }) => kind === "Deployment")) {
            assert.equal(spec.replicas, 1, metadata.name);
            const { topologySpreadConstraints } = (spec.template as PodTemplate).spec;
            assert.equal(topologySpreadConstraints, undefined, metadata.name);
        }
    });

    it("in a large stack leaves the number of API servers to the autoscaler, and guards and spreads every part", async () => {
        const many = await render("airflow", chartValues(large) as Values);
        const { spec } = find(many, "HorizontalPodAutoscaler", "airflow-api-server");
        assert.deepEqual([spec.minReplicas, spec.maxReplicas], [2, 6]);
        assert.equal((spec.scaleTargetRef as { name: string }).name, "airflow-api-server");
        for (const part of ["api-server", "dag-processor", "scheduler", "triggerer"]) {
            const of = find(many, "Deployment", `airflow-${part}`).spec;
            assert.equal(of.replicas, part === "api-server" ? undefined : 2, part);
            const { matchLabels } = of.selector as { matchLabels: object };
            const budget = find(many, "PodDisruptionBudget", `airflow-${part}-pdb`).spec;
            assert.deepEqual(budget, { maxUnavailable: 1, selector: { matchLabels } });
            const { spec: pod } = of.template as PodTemplate;
            for (const each of pod.topologySpreadConstraints as { labelSelector: { matchLabels: object } }[]) {
                assert.deepEqual(
                    new Set(Object.entries(each.labelSelector.matchLabels).map(String)),
                    new Set(Object.entries(matchLabels).map(String)),
                );
            }
            assert.equal(pod.topologySpreadConstraints?.length, 2);
        }
    });

    it("puts every pod where it belongs, with its priority", async () => {
        const many = await render("airflow", chartValues(large) as Values);
        const { data } = find(many, "ConfigMap", "airflow-config");
        const task = parse((data as Record<string, string>)["pod_template_file.yaml"]) as PodTemplate;
        const placed = ({ spec }: PodTemplate) => [spec.priorityClassName, spec.nodeSelector, spec.tolerations];
        for (const [name, pod] of templates(many)) {
            const pool = [{ key: "pool", operator: "Exists" }];
            assert.deepEqual(placed(pod), ["data-platform-platform", { pool: "platform" }, pool], name);
        }
        const nodes = [{ pool: "batch" }, [{ key: "batch", operator: "Exists" }]];
        assert.deepEqual(placed(task), ["data-platform-batch", ...nodes]);
    });

    it("says of each pod whether autoscalers may move it", () => {
        const hint = (pod: PodTemplate) => pod.metadata.annotations["cluster-autoscaler.kubernetes.io/safe-to-evict"];
        const found = [...pods()].map(([name, pod]) => [name, hint(pod)]);
        assert.deepEqual(Object.fromEntries(found), {
            "airflow-api-server": "true",
            "airflow-create-user": "false",
            "airflow-dag-processor": "true",
            "airflow-run-airflow-migrations": "false",
            "airflow-scheduler": "true",
            "airflow-triggerer": "true",
            worker: "false",
        });
    });

    it("loses no request when API servers are replaced", () => {
        const { strategy, template } = find(objects, "Deployment", "airflow-api-server").spec;
        assert.deepEqual((strategy as { rollingUpdate: object }).rollingUpdate, { maxSurge: 1, maxUnavailable: 0 });
        const { containers, terminationGracePeriodSeconds: grace } = (template as PodTemplate).spec;
        assert.match(JSON.stringify(containers[0]), /"preStop":{"exec":{"command":\["sleep","5"\]}}/);
        assert.ok(Number(grace) > 5);
    });

    it("selects by what the official chart's pods have, so that policies fit both", () => {
        assert.equal(worker.metadata.labels.tier, "airflow");
        assert.equal(worker.metadata.labels.component, "worker");
        assert.equal(worker.metadata.labels.release, "airflow");
    });

    for (const [what, wrong] of Object.entries({
        "a key of the official chart that it doesn't have": { flower: { enabled: true } },
        "git-sync, which only the official chart has": { dags: { gitSync: { enabled: true } } },
        "another executor": { executor: "CeleryExecutor" },
        "the tag latest": { defaultAirflowTag: "latest" },
        "a misspelt key of a part": { scheduler: { ...(values.scheduler as object), replica: 2 } },
    })) {
        it(`refuses ${what}`, async () => {
            assert.match(await refusal("airflow", { ...values, ...wrong }), /schema/);
        });
    }
});
