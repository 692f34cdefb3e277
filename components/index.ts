export { cluster } from "./cluster";
export { EtlCronJob, EtlJob, EtlService } from "./etl";
export { Kafka } from "./kafka";
export { Minio } from "./minio";
export { Mlflow } from "./mlflow";
export { Namespaces } from "./namespaces";
export { SparkBatch, SparkHistoryServer, SparkOperator } from "./spark";
