export { SparkBatch } from "./batch";
export { SparkHistoryServer } from "./history-server";
export { SparkJobs, webhookCheckName } from "./jobs";
export { SparkOperator } from "./operator";
