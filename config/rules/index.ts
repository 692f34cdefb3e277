import { digestRules } from "../image-digests";
import { orchestratorParts } from "../sections/orchestrator";
import { airflowSettings } from "./airflow-settings";
import { annotationRules } from "./annotations";
import { certificatesRules } from "./certificates";
import { chartKeyRules } from "./chart-keys";
import { chartRules, chartsExist } from "./charts";
import { clusterRules } from "./cluster";
import { credentialsUsed, passwordRules } from "./credentials";
import { databaseRules } from "./database";
import { eventStreamRules } from "./event-stream";
import { ingressRules } from "./ingress";
import { kubernetesRules } from "./kubernetes";
import { objectStoreRules } from "./object-store";
import { labelRules } from "./labels";
import { orchestratorRules } from "./orchestrator";
import { ephemeralRetention, prodRetention } from "./profiles";
import { publishedRules } from "../published-rules";
import { quotaRules } from "./quotas";
import { duplicates, requestsWithinLimits, Rule } from "./rule";
import { secretRules } from "./secrets";
import { schedulingRules } from "./scheduling";
import { trackingRules } from "./tracking";
import { flightsWired } from "./workloads";

/** All rules, in the order in which their problems are told. */
export const rules: Rule[] = [
    duplicates("objectStore.buckets", ({ objectStore }) => objectStore.buckets.map(({ name }) => name)),
    duplicates("eventStream.topics", ({ eventStream }) => eventStream.topics.map(({ name }) => name)),
    duplicates("tracking.users", ({ tracking }) => tracking.users.map(({ name }) => name)),
    requestsWithinLimits("objectStore.resources", ({ objectStore }) => objectStore.resources),
    requestsWithinLimits("eventStream.resources", ({ eventStream }) => eventStream.resources),
    requestsWithinLimits("database.resources", ({ database }) => database.resources),
    requestsWithinLimits("tracking.resources", ({ tracking }) => tracking.resources),
    requestsWithinLimits("egress.resources", ({ egress }) => egress.resources),
    requestsWithinLimits("spark.operator.resources", ({ spark }) => spark.operator.resources),
    requestsWithinLimits("spark.historyServer.resources", ({ spark }) => spark.historyServer.resources),
    ...eventStreamRules,
    objectStoreRules,
    clusterRules,
    kubernetesRules,
    schedulingRules,
    chartRules,
    chartKeyRules,
    digestRules,
    publishedRules,
    ingressRules,
    annotationRules,
    labelRules,
    airflowSettings,
    quotaRules,
    chartsExist,
    prodRetention,
    ephemeralRetention,
    flightsWired,
    certificatesRules,
    ...databaseRules,
    ...orchestratorParts.map((part) =>
        requestsWithinLimits(`orchestrator.${part}.resources`, ({ orchestrator }) => orchestrator[part].resources),
    ),
    requestsWithinLimits("orchestrator.worker.resources", ({ orchestrator }) => orchestrator.worker.resources),
    ...orchestratorRules,
    ...trackingRules,
    credentialsUsed,
    passwordRules,
    secretRules,
];
