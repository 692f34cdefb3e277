import { readFileSync } from "node:fs";
import { join } from "node:path";

import * as versions from "../../config/versions";
import { table } from "./table";

/** The README, which has the table of components between two marks; all else on it is written by hand. */
export const readmeFile = join(__dirname, "../..", "README.md");

const [begin, end] = ["<!-- components: begin -->", "<!-- components: end -->"];

/** The README with its table anew. @throws Error when the marks are not on it */
export function readmePage(page = readFileSync(readmeFile, "utf8")): string {
    const [from, to] = [page.indexOf(begin), page.indexOf(end)];
    if (from < 0 || to < from) throw new Error(`${readmeFile} lacks ${begin} and ${end}`);
    return `${page.slice(0, from + begin.length)}\n\n${section()}\n\n${page.slice(to)}`;
}

const day = /\d{4}-\d{2}-\d{2}/;

/** The major and minor version in front of a tag's suffix. */
const ofTag = (image: string) => /:([\d.]+)/.exec(image)?.[1] ?? image;

function section(): string {
    const { charts } = versions;
    const rows = [
        [
            "[Apache Airflow](docs/airflow.md)",
            versions.airflow,
            "one of each part, a pod a task",
            "two of each part; the API server grows to 4",
        ],
        [
            "[Apache Kafka](docs/event-stream.md)",
            `${versions.kafka}; Strimzi ${charts.strimzi}`,
            "Strimzi, one node",
            "Strimzi, 3 brokers and 3 controllers",
        ],
        [
            "[Apache Spark](docs/spark.md)",
            `${versions.spark}; operator ${charts.sparkOperator}`,
            "the operator",
            "the same",
        ],
        [
            "[MinIO](docs/object-store.md)",
            `its fork Silo, ${day.exec(versions.silo)?.[0] ?? versions.silo}`,
            "one server, or an S3 that you have",
            "4 servers, or an S3 that you have",
        ],
        [
            "[PostgreSQL](docs/databases.md)",
            `${versions.postgresql}; by CloudNativePG ${versions.cloudNativePg}: ${ofTag(versions.cloudNativePgImage)}`,
            "one server, or one that you have",
            "3 instances by CloudNativePG, or one that you have",
        ],
        ["[MLflow](docs/access.md)", versions.mlflow, "one", "two to four, by CPU"],
        ["cert-manager", charts.certManager, "a CA of the platform's own", "an issuer of yours for the hosts"],
        ["KEDA, where asked for", charts.keda, "services scaled by lag", "the same"],
    ];
    return `<!-- Written by \`make docs\` out of config/versions.ts. -->
<!-- prettier-ignore-start -->

${table(["Component", "Version", "dev", "prod"], rows)}

<!-- prettier-ignore-end -->

Kubernetes ${versions.kubernetes.oldest} or newer; tests run on ${versions.kubernetes.newest}.`;
}
