import type { PlatformConfig } from "./schema";
import { charts, cloudNativePg } from "./versions";

const cnpg = [
    ...["backups", "clusterimagecatalogs", "clusters", "databaseroles", "databases", "failoverquorums"],
    ...["imagecatalogs", "poolers", "publications", "scheduledbackups", "subscriptions"],
];

/**
 * Upstream's addresses of the CRDs that go with its charts.
 *
 * @param versions Other chart versions than the pinned ones.
 */
export function upstreamCrds(versions: Partial<PlatformConfig["chartVersions"]>): PlatformConfig["crds"] {
    const of = { ...charts, ...Object.fromEntries(Object.entries(versions).filter(([, version]) => version)) };
    return {
        certManager: [
            `https://github.com/cert-manager/cert-manager/releases/download/${of.certManager}/cert-manager.crds.yaml`,
        ],
        sparkOperator: ["scheduledsparkapplications", "sparkapplications", "sparkconnects"].map(
            (plural) =>
                `https://raw.githubusercontent.com/kubeflow/spark-operator/v${of.sparkOperator}/charts/spark-operator-chart/crds/sparkoperator.k8s.io_${plural}.yaml`,
        ),
        strimzi: [
            `https://github.com/strimzi/strimzi-kafka-operator/releases/download/${of.strimzi}/strimzi-crds-${of.strimzi}.yaml`,
        ],
        // The chart has a version of its own beside the operator's.
        cloudNativePg: cnpg.map(
            (plural) =>
                `https://raw.githubusercontent.com/cloudnative-pg/cloudnative-pg/v${cloudNativePg}/config/crd/bases/postgresql.cnpg.io_${plural}.yaml`,
        ),
        keda: [`https://github.com/kedacore/keda/releases/download/v${of.keda}/keda-${of.keda}-crds.yaml`],
    };
}
