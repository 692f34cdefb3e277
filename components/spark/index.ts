export { SparkBatch } from "./batch";
export { SparkHistoryServer } from "./history-server";
export { SparkJobs } from "./jobs";
export { SparkOperator } from "./operator";
export { webhookCheckName } from "./webhook-check";
