/**
 * Versions of what this project packages itself, one constant each; images and charts. Kept apart by kind elsewhere:
 * npm in package.json, Python in workloads/pyproject.toml, Go in the go.mod files, Java in images/kafka/pom.xml.
 */

/** Apache Kafka; images/kafka/pom.xml has the same, held to it by a test. */
export const kafka = "4.3.1";

/** MinIO's release; images/minio/minio/go.mod has its pseudo-version. */
export const minio = "2026-02-12";

/** The sample workloads; workloads/pyproject.toml has the same, held to it by a test. */
export const etl = "0.1.0";

/** Upstream base of the images where a registry can be reached. */
// renovate: datasource=docker depName=debian
export const debian = "12.11-slim";
