export { SparkBatch } from "./batch";
export { SparkHistoryServer } from "./history-server";
export { SparkOperator } from "./operator";
