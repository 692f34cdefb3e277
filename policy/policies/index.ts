import { admissionDenies } from "./admission-denies";
import { chartVersions } from "./chart-versions";
import { closedAddressesStay } from "./closed-addresses";
import { databaseResources } from "./database-resources";
import { disruptionBudgets } from "./disruption-budgets";
import { gatewayTls } from "./gateway-tls";
import { imageTags } from "./image-tags";
import { ingressTls } from "./ingress-tls";
import { kafkaResources } from "./kafka-resources";
import { leastRights } from "./least-rights";
import { namespacesClosed, namespacesOwned, namespacesRestricted } from "./namespaces";
import { noPlainSecrets } from "./no-plain-secrets";
import { protectedData } from "./protected-data";
import { releaseIdentity } from "./release-identity";
import { releaseKnown } from "./release-known";
import { releaseSettings } from "./release-settings";
import { servicesInside } from "./services-inside";
import { sparkResources } from "./spark-resources";
import { workloadIdentity } from "./workload-identity";
import { workloadProbes } from "./workload-probes";
import { workloadResources } from "./workload-resources";
import { workloadSecurity } from "./workload-security";

/** Those that look at one resource, before it is made. */
export const resourcePolicies = [
    chartVersions,
    releaseIdentity,
    releaseSettings,
    releaseKnown,
    noPlainSecrets,
    protectedData,
    workloadResources,
    workloadProbes,
    workloadSecurity,
    workloadIdentity,
    imageTags,
    servicesInside,
    ingressTls,
    gatewayTls,
    leastRights,
    admissionDenies,
    namespacesRestricted,
    closedAddressesStay,
    kafkaResources,
    databaseResources,
    sparkResources,
];

/** Those that look at all resources together. */
export const stackPolicies = [namespacesClosed, namespacesOwned, disruptionBudgets];
