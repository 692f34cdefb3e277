import type { Kind, Names } from "./names";

const systems = `// What it uses is given here: store: { from: store, as: "…" }, stream, tracking (docs/own-workload.md).`;

const imports = (component: string, image: boolean) =>
    [
        `import { ${component} } from "../../components";`,
        ...(image ? [`import { imageRef } from "../../config/images";`] : []),
        `import type { DeclaredWorkload } from "./platform";`,
    ].join("\n");

const pod = ({ name }: Names, args: string) => `            namespace,
            image: imageRef("workload-${name}", images),
            pullPolicy: images.pullPolicy,
            command: ["python3", "/opt/main.py"],${args}
            ${systems}
            env: own.settings,
            resources: { requests: { cpu: "50m", memory: "32Mi" }, limits: { memory: "128Mi" } },
            placements,`;

const words = `\n            args: ["some", "words"],`;

/** The declaration of a workload, for its kind. */
export const declarations: Record<Kind, (names: Names) => string> = {
    cronjob: (names) => `${imports("EtlCronJob", true)}

/** Runs workloads/${names.name} once a day. */
export const ${names.constant}: DeclaredWorkload = {
    name: "${names.name}",
    declare: ({ namespace, images, placements, own }, opts) => {
    new EtlCronJob(
        "${names.name}",
        {
${pod(names, words)}
            schedule: "0 7 * * *",
            ...own.args,
        },
        opts,
    );
    return [];
    },
};
`,
    service: (names) => `${imports("EtlService", true)}

/** Keeps workloads/${names.name} running, behind a Service of its name. */
export const ${names.constant}: DeclaredWorkload = {
    name: "${names.name}",
    declare: ({ namespace, images, placements, own }, opts) => {
    new EtlService(
        "${names.name}",
        {
${pod(names, "")}
            port: 8080,
            probe: { path: "/healthz" },
            replicas: 2,
            priority: own.args.priority,
        },
        opts,
    );
    return [];
    },
};
`,
    task: (names) => `${imports("EtlTask", true)}

/** The pod of workloads/${names.name}, which the DAG ${names.name} starts. */
export const ${names.constant}: DeclaredWorkload = {
    name: "${names.name}",
    declare: ({ namespace, images, placements, own }, opts) => {
    const { task } = new EtlTask(
        "${names.name}",
        {
${pod(names, words)}
            retries: 2,
            priority: own.args.priority,
        },
        opts,
    );
    return [task];
    },
};
`,
    spark: (names) => `${imports("SparkBatch", false)}

/** The Spark job workloads/spark/own_${names.module}.py, which the DAG ${names.name} starts. */
export const ${names.constant}: DeclaredWorkload = {
    name: "${names.name}",
    declare: ({ spark, placements, own }, opts) => {
    const { task } = new SparkBatch(
        "${names.name}",
        {
            runtime: spark,
            mode: "template",
            mainApplicationFile: "local:///opt/spark/jobs/own_${names.module}.py",
            arguments: ["--rows", "1000"],
            ${systems}
            env: own.settings,
            priority: own.args.priority,
            driver: { cpu: "100m", memory: "512m" },
            executor: { cpu: "100m", memory: "512m" },
            placements,
        },
        opts,
    );
    return [task];
    },
};
`,
};

/** The DAG that starts a task once a day. */
export const dag = (operator: "PodTask" | "SparkTask", { name }: Names) => `"""The DAG ${name}: once a day, one task."""

from datetime import UTC, datetime

from airflow.sdk import DAG
from platform_tasks import ${[operator, "Settings"].sort().join(", ")}

with DAG(
    "${name}",
    # As workloads.own.${name}.schedule of the stack file has it, where it does.
    schedule=Settings.read("${name}").schedule or "0 7 * * *",
    start_date=datetime(2026, 1, 1, tzinfo=UTC),
    catchup=False,
) as dag:
    ${operator}(task_id="${name}", retries=2)
`;
