/**
 * Versions of what this project packages itself, one constant each; images and charts. Kept apart by kind elsewhere:
 * npm in package.json, Python in workloads/pyproject.toml, Go in the go.mod files, Java in images/kafka/pom.xml.
 */

/** Apache Kafka; images/kafka/pom.xml has the same, held to it by a test. */
export const kafka = "4.3.1";

/** MinIO's last state, which the sandbox builds and patches; images/minio/minio/go.mod has its pseudo-version. */
export const minio = "2026-02-12";

/**
 * Silo, the maintained fork of MinIO: what all other stacks run, from docker.io/pgsty/silo. Its tags are dates.
 *
 * The newest one that its makers attest: docs/security/advisories.md of github.com/pgsty/silo and silo.pgsty.com (2026-09-17) name
 * it as the release with SN-2026-011 to 014 mended, and others run it by a digest of amd64 and arm64. SN-2026-015 (2026-09-26, the
 * retention of Object Lock, which no bucket here has) is open in it.
 */
// renovate: datasource=docker depName=pgsty/silo
export const silo = "RELEASE.2026-09-16T00-00-00Z";

/** PostgreSQL's major version; images/postgresql/Containerfile has the same, held to it by a test. Another one is a migration. */
export const postgresql = "17";

/** Squid's major version, of Debian's package; images/egress-proxy/Containerfile has the same, held to it by a test. */
export const squid = "6";

/** MLflow; images/mlflow/requirements.in has the same, held to it by a test. */
export const mlflow = "3.17.2";

/** Apache Airflow; images/airflow/requirements.in has the same, held to it by a test. */
export const airflow = "3.3.2";

/** Apache Spark; images/spark/pom.xml and requirements.lock have the same, held to it by a test. */
export const spark = "4.2.0";

/** The sample workloads; workloads/pyproject.toml has the same, held to it by a test. */
export const etl = "0.1.0";

/** Upstream base of the images where a registry can be reached. */
// renovate: datasource=docker depName=debian
export const debian = "13.8-slim";

/**
 * The day as of which the images have Debian's packages, or later: none is pinned, because the archive keeps the newest of each
 * only. Each Containerfile has the same, held to it by a test, so that another day makes other tags, and no layer of a builder's
 * cache does for them: raise it with `make debian-day` to have what Debian has mended since.
 */
export const debianDay = "2026-11-30";

/** Charts of upstream, by the names of the config key `charts`; first-party ones carry their version themselves. */
export const charts = {
    // renovate: datasource=helm depName=airflow registryUrl=https://airflow.apache.org
    airflow: "1.22.0",
    // renovate: datasource=helm depName=spark-operator registryUrl=https://kubeflow.github.io/spark-operator
    sparkOperator: "2.5.2",
    // renovate: datasource=helm depName=cert-manager registryUrl=https://charts.jetstack.io
    certManager: "v1.21.2",
    // renovate: datasource=docker depName=quay.io/strimzi-helm/strimzi-kafka-operator
    strimzi: "1.2.0",
    // renovate: datasource=helm depName=cloudnative-pg registryUrl=https://cloudnative-pg.github.io/charts
    cloudNativePg: "0.29.0",
    // renovate: datasource=helm depName=keda registryUrl=https://kedacore.github.io/charts
    keda: "2.20.2",
} as const;

/** CloudNativePG's operator, which the chart above installs; its CRDs go by this version. */
// renovate: datasource=github-releases depName=cloudnative-pg/cloudnative-pg
export const cloudNativePg = "1.30.0";

/**
 * PostgreSQL as CloudNativePG runs it: the operator's own default (DefaultImageName of its pkg/versions at that version). Another
 * major version is a migration of its own.
 */
// renovate: datasource=docker depName=ghcr.io/cloudnative-pg/postgresql
export const cloudNativePgImage = "ghcr.io/cloudnative-pg/postgresql:18.4-system-trixie";

/** git-sync, beside Airflow where DAGs come out of a repository: the tag that Airflow's chart above has by default. */
// renovate: datasource=docker depName=registry.k8s.io/git-sync/git-sync
export const gitSync = "v4.4.2";

/**
 * The node of `make kind`: the Kubernetes that tests run on, as the notes of kind's release 0.33.0 name it, for amd64 and arm64. Another
 * one comes with another kind, so Renovate leaves it alone.
 */
export const kindNode = "kindest/node:v1.36.4@sha256:099e049362a1526b2db71494e1947aae99bd16290d7c895f2b7ea312e3cbfaed";

/** Kubernetes: the oldest minor version that is supported, and the newest that tests run on, which is the sandbox's own. */
export const kubernetes = { oldest: "1.30", newest: "1.36" } as const;
