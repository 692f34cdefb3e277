import fc from "fast-check";

import * as of from "./values";

/** A workload as somebody may declare it: arguments beside the usual ones of test/unit/fixtures/declarations.ts. */
export interface FuzzedDeclaration {
    kind: "EtlJob" | "EtlTask" | "EtlCronJob" | "EtlService" | "SparkBatch";
    name: unknown;
    args: Record<string, unknown>;
}

type Arguments = Record<string, fc.Arbitrary<unknown>>;

const some = (model: Arguments, maxLength = 3): fc.Arbitrary<Record<string, unknown>> =>
    fc
        .shuffledSubarray(Object.keys(model), { maxLength: Math.min(maxLength, Object.keys(model).length) })
        .chain((keys) =>
            fc.record(Object.fromEntries(keys.map((key) => [key, model[key]])), { noNullPrototype: true }),
        );

const whole = (model: Arguments) => fc.record(model, { noNullPrototype: true });

export const resources = of.kind(
    fc.oneof(
        whole({ requests: whole({ cpu: of.cpu, memory: of.smallSize }), limits: whole({ memory: of.largeSize }) }),
        whole({
            requests: whole({ cpu: fc.constantFrom("10m", "2"), memory: of.smallSize }),
            limits: whole({ cpu: of.cpu, memory: of.largeSize }),
        }),
    ),
    some({
        requests: whole({ cpu: of.cpu, memory: of.size }),
        limits: whole({ cpu: of.cpu, memory: of.size, gpu: of.count }),
    }),
);

/** Also with what nodes count besides. */
const counted = fc.oneof(
    resources,
    whole({
        requests: whole({ cpu: fc.constant("10m"), memory: of.smallSize, "ephemeral-storage": of.smallSize }),
        limits: fc
            .tuple(of.largeSize, of.largeSize, of.device, of.count)
            .map(([memory, disk, device, count]) => ({ memory, "ephemeral-storage": disk, [String(device)]: count })),
    }),
);

const usual = { requests: { cpu: "10m", memory: "16Mi" }, limits: { memory: "32Mi" } };
const words = of.listOf(of.setting, 4);
const env = of.mapOf(of.variable, of.setting);
const volume = fc.oneof(
    whole({ kind: fc.constant("scratch"), name: of.label, mountPath: of.path, sizeLimit: of.size }),
    whole({ kind: fc.constant("scratch"), name: of.label, mountPath: of.path, storageClass: of.objectName }),
    whole({
        kind: fc.constant("token"),
        name: of.label,
        mountPath: of.path,
        audience: of.setting,
        expiration: of.seconds,
    }),
    whole({
        kind: fc.constant("secret"),
        ...{ name: of.label, mountPath: of.path, secret: fc.constant("<login>") },
        items: of.mapOf(of.secretKey, fc.constantFrom<unknown>("password", "username", "pasword", { key: "password" })),
        mode: of.fileMode,
    }),
    whole({ kind: of.choice("scratch"), name: fc.constantFrom("tmp", "a", "b", "ca"), mountPath: of.path }),
    whole({ kind: fc.constant("claim"), name: of.label, mountPath: of.path, claimName: of.objectName }),
    whole({ kind: fc.constant("configMap"), name: of.label, mountPath: of.path, configMapName: of.objectName }),
);
const system = (from: string) =>
    whole({ from: fc.constant(from), as: fc.constantFrom<unknown>("land", "land", "nobody", "", null) });

const secretKey = fc.constantFrom<unknown>("<secret>", "<secret>", "<secret>", "<nokey>", null, "password");

const placed: Arguments = {
    env,
    secretEnv: of.mapOf(of.variable, secretKey),
    secretFiles: of.mapOf(of.path, fc.oneof(secretKey, whole({ key: secretKey, mode: of.fileMode }))),
    volumes: of.listOf(volume),
    tmpSize: of.size,
    podAnnotations: of.mapOf(of.annotation, of.setting),
    accountAnnotations: of.mapOf(of.annotation, of.setting),
    hostAliases: of.listOf(whole({ ip: of.ip, hostnames: of.listOf(of.objectName) }), 2),
    topologySpread: of.listOf(
        whole({
            topologyKey: of.labelKey,
            maxSkew: of.count,
            whenUnsatisfiable: of.choice("ScheduleAnyway", "DoNotSchedule"),
        }),
        2,
    ),
    egress: of.listOf(whole({ cidr: of.cidr, port: of.port })),
    priority: of.choice("critical", "batch"),
    nodeSelector: of.mapOf(of.labelKey, of.labelValue),
    tolerations: of.listOf(of.toleration),
    stream: system("<stream>"),
    image: of.image,
    timeout: of.seconds,
    retries: of.count,
};

const etl: Arguments = {
    ...placed,
    command: fc.oneof(fc.constant(["run"]), words),
    args: words,
    initContainers: of.listOf(
        whole({
            name: of.label,
            command: fc.constant(["prepare"]),
            env,
            image: of.image,
            secretEnv: of.mapOf(of.variable, secretKey),
            sidecar: of.flag,
            resources: fc.oneof(fc.constant(usual), counted),
        }),
        2,
    ),
    resources: counted,
    pullPolicy: of.choice("IfNotPresent", "Always", "Never"),
    user: of.kind(fc.integer({ min: 1, max: 2 ** 31 - 1 }), fc.constantFrom<unknown>(0, -1, 2 ** 31, "1000")),
};

const cronJob: Arguments = {
    ...etl,
    schedule: of.schedule,
    timeZone: of.timeZone,
    suspend: of.flag,
    concurrencyPolicy: of.choice("Forbid", "Replace", "Allow"),
    startingDeadline: of.seconds,
};

const service: Arguments = {
    ...etl,
    port: of.port,
    probe: fc.oneof(whole({ command: words }), whole({ path: of.path })),
    replicas: of.count,
    startTimeout: of.seconds,
    autoscale: some({ min: of.count, max: of.count, targetCpu: fc.constantFrom<unknown>(10, 70, 101, "70") }),
};

const part = fc.oneof(
    whole({ memory: of.javaSize, cpu: of.cpu, cpuLimit: of.cpu, cores: of.count }),
    whole({
        memory: fc.constant("1g"),
        devices: of.mapOf(of.device, of.count),
        ephemeralStorage: of.size,
        scratch: fc.oneof(whole({ sizeLimit: of.size }), whole({ sizeLimit: of.size, storageClass: of.objectName })),
    }),
);
const sparkKey = of.kind(
    fc.constantFrom(
        "spark.sql.shuffle.partitions",
        "spark.memory.fraction",
        "spark.kubernetes.allocation.batch.size",
        "spark.app.name",
    ),
    fc.constantFrom(
        "spark.authenticate",
        "spark.executor.memory",
        "spark.hadoop.fs.s3a.secret.key",
        "fs.s3a.x",
        "spark.kubernetes.namespace",
        "a b",
        "",
        "spark.",
        "spark.a=b",
    ),
);
const spark: Arguments = {
    ...placed,
    driver: fc.oneof(whole({ memory: of.javaSize }), part),
    executor: fc.oneof(whole({ memory: of.javaSize, instances: of.count }), part),
    dynamicAllocation: whole({ min: of.count, max: of.count }),
    conf: of.mapOf(sparkKey, of.setting),
    schedule: of.schedule,
    timeZone: of.timeZone,
    concurrencyPolicy: of.choice("Forbid", "Replace", "Allow"),
    mode: of.choice("run", "template"),
    keepFinished: of.seconds,
    mainApplicationFile: of.kind(fc.constantFrom("local:///opt/a.py", "s3a://bucket/a.jar"), of.path),
    arguments: words,
    short: of.flag,
};

const models = { EtlJob: etl, EtlTask: etl, EtlCronJob: cronJob, EtlService: service, SparkBatch: spark };

/** Workloads, each with up to three arguments of somebody's own. */
export const declarations: fc.Arbitrary<FuzzedDeclaration> = fc
    .constantFrom(...(Object.keys(models) as (keyof typeof models)[]))
    .chain((kind) =>
        whole({ kind: fc.constant(kind), name: of.name, args: some(models[kind]) }),
    ) as fc.Arbitrary<unknown> as fc.Arbitrary<FuzzedDeclaration>;
