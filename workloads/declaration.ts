// The sample's declaration: its buckets, topics and tasks. Config takes its defaults from here (who may use which bucket, topic and
// model), flights.ts the pods of the tasks. A new task is an entry here, a program in src/ or spark/, and a line of dags/flights.py.

/** `write` to a bucket includes reading it; of a topic they are apart. */
export type Access = "read" | "write";

/** A bucket or a topic in the arguments of a task's program, and the access that the task has to it. */
export interface Use {
    kind: "bucket" | "topic";
    name: string;
    /** Empty where the program needs the name only. */
    access: Access[];
    /** The argument that names it, such as an address. @default the name itself */
    argument?: (name: string) => string;
}

interface Task {
    /** Name in the DAG, of the pod and of its account. */
    name: string;
    /** Its module of src/flights or file of spark/, and the application in whose name it uses the systems. @default `name` */
    program?: string;
    /** Arguments of the program, by option; what the DAG adds comes after them. */
    args: Record<string, string | Use>;
    /** Targets outside of the platform. @default none */
    egress?: ({ host: string; port?: number } | { cidr: string; port: number; reason?: string })[];
    /** Seconds after which a run, its retries included, is stopped and counts as failed. @default 900 */
    timeout?: number;
}

/** A module of src/flights in a pod of its own. */
export interface PythonTask extends Task {
    image: "etl" | "ml";
    /** Permission for models of others in the tracking server. @default it doesn't use that */
    tracking?: "READ" | "EDIT" | "MANAGE";
    memory: { request: string; limit: string };
}

/** A file of spark/, run by Spark's operator. Its event log goes into the bucket `spark-events`. */
export interface SparkTask extends Task {
    image: "spark";
    /** Heap of the driver and of the executor. */
    memory: string;
    /** Further settings of Spark. @default none */
    conf?: Record<string, string>;
    /** It ends within a minute or two. @default false */
    short?: boolean;
}

/** In whose name DAGs use the systems by Airflow's connections. */
export const connections = { eventStream: "airflow", tracking: "score" };

/** The buckets; `readers` are applications besides the tasks below. */
export const buckets = {
    // No program of these two reads it now; stacks have granted it.
    bronze: { readers: ["score", "train"] },
    gold: {},
} satisfies Record<string, { readers?: string[] }>;

const compacted = { "cleanup.policy": "compact" };

/** The topics; `consumers` are applications besides the tasks below. */
export const topics = {
    flights: { partitions: 3 },
    "flights-dead-letter": { partitions: 1 },
    // How far each source has been read: must never expire, so it is compacted.
    "ingest-progress": { partitions: 1, config: compacted },
    // The gold table of delays by carrier and month, one record each, the latest kept.
    delays: { partitions: 1, config: compacted, consumers: [connections.eventStream] },
} satisfies Record<string, { partitions: number; config?: Record<string, string>; consumers?: string[] }>;

const bucket = (name: keyof typeof buckets, ...access: Access[]): Use => ({ kind: "bucket", name, access });
const topic = (name: keyof typeof topics, ...access: Access[]): Use => ({ kind: "topic", name, access });

/** The tasks, in the order of the DAG. */
export const tasks: (PythonTask | SparkTask)[] = [
    {
        name: "ingest",
        image: "etl",
        args: {
            // Where the etl image keeps the dataset.
            "--source": "/opt/flights/data/flights.csv.zip",
            "--topic": topic("flights", "write"),
            "--progress-topic": topic("ingest-progress", "write", "read"),
        },
        memory: { request: "128Mi", limit: "256Mi" },
    },
    {
        name: "bronze",
        program: "land",
        image: "etl",
        args: {
            "--topic": topic("flights", "read"),
            "--dead-letter-topic": topic("flights-dead-letter", "write"),
            "--bucket": bucket("bronze", "write"),
        },
        memory: { request: "128Mi", limit: "512Mi" },
    },
    {
        name: "audit",
        image: "etl",
        args: { "--bucket": bucket("bronze", "read"), "--topic": topic("flights") },
        memory: { request: "128Mi", limit: "512Mi" },
    },
    {
        name: "gold",
        image: "spark",
        args: {
            "--bronze": { ...bucket("bronze", "read"), argument: (name) => `s3a://${name}/flights` },
            "--gold": { ...bucket("gold", "write"), argument: (name) => `s3a://${name}` },
            "--topic": topic("delays", "write"),
        },
        // The programs write little: more partitions than cores would only be more tasks.
        conf: { "spark.sql.shuffle.partitions": "4" },
        short: true,
        memory: "512m",
        timeout: 1200,
    },
    {
        name: "train",
        image: "ml",
        args: { "--bucket": bucket("gold", "read") },
        tracking: "EDIT",
        memory: { request: "384Mi", limit: "1Gi" },
    },
    {
        name: "score",
        image: "ml",
        args: { "--bucket": bucket("gold", "write") },
        tracking: "READ",
        memory: { request: "384Mi", limit: "1Gi" },
    },
];
