import { Access, buckets, tasks, topics, Use } from "./declaration";

/** An application's access to a bucket or a topic. */
export interface Grant {
    /** The bucket or topic. */
    name: string;
    access: Access;
    app: string;
}

/** Bucket of Spark's event logs: every job writes its own. */
export const eventLogs = "spark-events";

/** The application in whose name a task uses the systems. */
export const appOf = ({ name, program = name }: (typeof tasks)[number]): string => program;

/** The buckets or topics that a task has access to. */
export function usesOf(task: (typeof tasks)[number], kind: Use["kind"]): Use[] {
    const named = Object.values(task.args).filter((arg) => typeof arg !== "string");
    const logs: Use[] = task.image === "spark" ? [{ kind: "bucket", name: eventLogs, access: ["write"] }] : [];
    return [...named, ...logs].filter((use) => use.kind === kind && use.access.length > 0);
}

/** The access that the tasks need, in the order of buckets or topics. */
export function grants(kind: Use["kind"]): Grant[] {
    const names = kind === "bucket" ? [...Object.keys(buckets), eventLogs] : Object.keys(topics);
    const all = tasks.flatMap((task) =>
        usesOf(task, kind).flatMap(({ name, access }) =>
            access.map((each) => ({ name, access: each, app: appOf(task) })),
        ),
    );
    return names.flatMap((name) => all.filter((grant) => grant.name === name));
}

/** The applications with one kind of access to a bucket or a topic. */
export function appsOf(kind: Use["kind"], name: string, access: Access, others: readonly string[] = []): string[] {
    const apps = grants(kind).filter((grant) => grant.name === name && grant.access === access);
    return [...new Set([...apps.map(({ app }) => app), ...others])].sort();
}

/** The sample's buckets and who may use them, as config's `objectStore.buckets` has them. */
export const sampleBuckets = Object.entries<{ readers?: string[] }>(buckets).map(([name, { readers }]) => ({
    name,
    writers: appsOf("bucket", name, "write"),
    readers: appsOf("bucket", name, "read", readers),
}));

interface Topic {
    partitions: number;
    config?: Record<string, string>;
    consumers?: string[];
}

/** The sample's topics and who may use them, as config's `eventStream.topics` has them. */
export const sampleTopics = Object.entries<Topic>(topics).map(([name, { consumers, ...topic }]) => ({
    name,
    ...topic,
    producers: appsOf("topic", name, "write"),
    consumers: appsOf("topic", name, "read", consumers),
}));

/** The sample's users of the tracking server, as config's `tracking.users` has them. */
export const sampleUsers = tasks.flatMap((task) =>
    task.image !== "spark" && task.tracking ? [{ name: appOf(task), permission: task.tracking }] : [],
);
