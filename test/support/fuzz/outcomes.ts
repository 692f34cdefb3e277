import { ExistingSecret } from "../../../components/contracts";
import { problemsOf } from "../../../components/declarations";
import {
    cronJobDeclaration,
    jobDeclaration,
    serviceDeclaration,
    taskDeclaration,
} from "../../../components/etl/declaration";
import { placements } from "../../../components/placement";
import { batchDeclaration } from "../../../components/spark/declaration";
import { ConfigError } from "../../../config/errors";
import { parse } from "../../../config/parse";
import type { FuzzedDeclaration } from "./declarations";

/** Answer to an input: nothing, or problems. Anything else that is thrown is a defect of ours. */
export type Outcome = { problems: { message: string }[] };

/** Answer to a stack file. */
export function outcomeOfConfig(raw: Record<string, unknown>): Outcome {
    try {
        parse(raw, "test");
        return { problems: [] };
    } catch (error) {
        if (error instanceof ConfigError) return error;
        throw error;
    }
}

const stream = {
    user: (app: string) => {
        if (app !== "land") throw new ConfigError([{ key: "eventStream.topics", message: `has no "${app}"` }], "test");
    },
    peer: {},
};
const etl = {
    namespace: { name: "jobs", ready: {} },
    image: "registry.example.com/etl:1",
    command: ["run"],
    resources: { requests: { cpu: "10m", memory: "16Mi" }, limits: { memory: "32Mi" } },
    placements: placements({ platform: {}, batch: {} }),
};
const usual = {
    EtlJob: etl,
    EtlTask: etl,
    EtlCronJob: { ...etl, schedule: "0 3 * * *" },
    EtlService: { ...etl, probe: { command: ["healthy"] } },
    SparkBatch: {
        runtime: { namespace: { name: "jobs" } },
        placements: etl.placements,
        mainApplicationFile: "local:///opt/spark/jobs/gold.py",
        driver: { memory: "512m" },
        executor: { memory: "512m" },
    },
};
const looks = {
    EtlJob: jobDeclaration,
    EtlTask: taskDeclaration,
    EtlCronJob: cronJobDeclaration,
    EtlService: serviceDeclaration,
    SparkBatch: batchDeclaration,
} as unknown as Record<FuzzedDeclaration["kind"], (name: unknown, args: object) => Parameters<typeof problemsOf>[0]>;

const login = new ExistingSecret("login", "jobs", ["username", "password"], "1");
const special: Record<string, unknown> = {
    "<login>": login,
    "<secret>": login.key("password"),
    "<nokey>": login.key("pasword" as "password"),
};

/** The same with the things of the program that a text stands for. */
function fill(value: unknown): unknown {
    if (typeof value === "string") return Object.hasOwn(special, value) ? special[value] : value;
    if (Array.isArray(value)) return value.map(fill);
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, fill(inner)]));
}

/** Answer to a declaration. */
export function outcomeOfDeclaration({ kind, name, args }: FuzzedDeclaration): Outcome {
    const filled = fill(args) as Record<string, unknown>;
    const handles = "stream" in args ? { stream: { ...(args.stream as object), from: stream } } : {};
    return { problems: problemsOf(looks[kind](name, { ...usual[kind], ...filled, ...handles })) };
}
