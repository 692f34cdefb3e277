import * as pulumi from "@pulumi/pulumi";

import { contentHash, imageRef } from "../../config/images";
import { ChartConfig } from "../../config/sections/charts";
import { bySsh, OrchestratorConfig } from "../../config/sections/orchestrator";
import * as versions from "../../config/versions";
import { Authority, LaunchRules, NamespaceRef, Orchestrator, PodPeer, SecretRef } from "../contracts";
import { usesLabel } from "../labels";
import { chartConfig, release } from "../release";
import { passwordOverrides, secretVersionOf } from "../rotation";
import { passwordSecret } from "../secrets";
import { accessTo, bundles, storeIdentity } from "./access";
import { connectionsSecret } from "./connections";
import { encryptAnew } from "./encrypt-anew";
import { keysSecret } from "./keys";
import { launcher, launcherRules, schedulerRules } from "./launcher";
import { sshSecret } from "./git";
import { names, podLabels, port, secretNames } from "./names";
import { NetworkArgs, networkPolicies } from "./network";
import { readiness, waitingLabels } from "./readiness";
import { apiUrl, values, ValuesArgs } from "./values";
import { workerDeclaration } from "./worker";

export interface AirflowArgs extends Omit<ValuesArgs, keyof OrchestratorConfig>, Pick<NetworkArgs, "network"> {
    config: OrchestratorConfig;
    /** Namespace that Airflow lives in; must allow `restricted` pods. */
    namespace: NamespaceRef;
    /** Namespace in which tasks start their pods and Spark applications. */
    jobs: NamespaceRef;
    /** Registry of the pods that its tasks may start. */
    rules: LaunchRules;
    /** The chart's directory, or the address of the repository or registry that it comes from; maybe with values of the team's own. */
    chart: string | ChartConfig;
    /** Signs the API's certificate. */
    authority: Authority;
    /** Passwords of the team's own, by `orchestrator.<user>`. @default generated */
    credentials?: Record<string, string>;
}

/**
 * Airflow under the KubernetesExecutor: each task is a pod of its own, its log is in the object store when that pod is gone.
 *
 * The values are those of the official chart. Its hooks migrate the database and make the administrator at every upgrade, so
 * the Release itself doesn't wait; `ready` is a Job that does.
 */
export class Airflow extends pulumi.ComponentResource implements Orchestrator {
    readonly url: string;
    readonly peer: PodPeer;
    readonly ready: pulumi.Resource;
    readonly admin: SecretRef<"username" | "password">;

    constructor(name: string, { config, ...own }: AirflowArgs, opts?: pulumi.ComponentResourceOptions) {
        super("data-platform:orchestration:Airflow", name, {}, opts);
        const child = { parent: this };
        const args = { ...config, ...own };
        const { namespace, jobs, authority, credentials = {}, rotation, images, dags } = args;
        const secretVersion = secretVersionOf(name, rotation, passwordOverrides(credentials, "orchestrator"), child);
        const secrets = secretNames(name);
        const common = { namespace, rotation, secretVersion };
        const login = (secret: string, username: string, user: string) =>
            passwordSecret(
                secret,
                {
                    ...common,
                    component: "orchestration",
                    plain: { username },
                    passwords: { password: credentials[`orchestrator.${user}`] },
                },
                child,
            );

        this.admin = login(secrets.admin, "admin", "admin");
        const keys = keysSecret(secrets.keys, common, child);
        // The token that git-sync signs in with, for a file.
        const git = dags.username ? [login(secrets.git, dags.username, "git")] : [];
        const ssh = bySsh(dags) ? [sshSecret(secrets.git, { ...common, dags, credentials }, child)] : [];

        const access = accessTo(args, args.connections);
        const borrowed = access.database.in(namespace);
        const webhook = args.onFailure && credentials["orchestrator.webhook"];
        const connections = connectionsSecret(secrets.connections, { ...args, access, webhook }, child);
        const certificate = authority.certificate(name, { namespace, service: names(name).service });
        const platform = authority.trust(namespace);
        const trusted = [platform, ...bundles(args, namespace)];

        this.url = apiUrl(name, namespace.name);
        const chartValues = values(name, args, {
            access,
            certificate: certificate.secretName,
            authority: platform.secretName,
            databaseAuthority: args.database.trust(namespace)?.secretName,
            storeAuthority: args.store.trust(namespace)?.secretName,
            secretVersion,
        });
        const policies = networkPolicies(name, namespace, { ...args, waiting: waitingLabels(name) }, child);
        const { launchers, scheduler } = names(name);
        const launching = [
            ...launcher(name, { names: [...launchers], namespace }, { there: jobs, rules: launcherRules }, child),
            ...launcher(
                `${name}-task-pods`,
                { names: [scheduler], namespace },
                { there: namespace, rules: schedulerRules },
                child,
            ),
        ];
        args.rules.worker(
            workerDeclaration(name, namespace.name, chartValues, chartConfig(args.chart).values, storeIdentity(args)),
        );

        const installed = release(
            name,
            {
                chart: args.chart,
                chartName: "airflow",
                version: versions.charts.airflow,
                namespace: namespace.ready,
                values: chartValues,
                skipAwait: true,
                timeout: 900,
            },
            {
                ...child,
                dependsOn: [
                    ...[this.admin, keys, ...git, ...ssh, borrowed].map(({ resource }) => resource),
                    connections,
                    ...trusted.map((bundle) => bundle.ready),
                    certificate.ready,
                    ...policies,
                    ...launching,
                    ...args.rules.ready,
                    args.database.ready,
                    args.store.ready,
                ],
            },
        );
        const pod = {
            namespace,
            image: imageRef("airflow", images),
            pullPolicy: images.pullPolicy,
            authority: platform.secretName,
            placement: args.placements.platform,
        };
        const running = readiness(
            name,
            {
                ...pod,
                url: this.url,
                installed: [chartValues, installedChart(args.chart)],
            },
            { ...child, dependsOn: [installed] },
        );
        const encrypted = encryptAnew(
            name,
            {
                ...pod,
                rotation,
                database: args.database,
                credentials: access.database.name,
                databaseAuthority: args.database.trust(namespace)?.secretName,
            },
            { ...child, dependsOn: [running] },
        );
        this.ready = encrypted ?? running;

        this.peer = {
            namespace: namespace.name,
            podLabels: podLabels(name, "api-server"),
            port,
            clientLabels: usesLabel(name),
        };
        this.registerOutputs({ url: this.url });
    }
}

/** Fingerprint of a chart: the files of a directory, or else its version; and the team's own values. */
function installedChart(chart: string | ChartConfig) {
    const { source, version = versions.charts.airflow, values } = chartConfig(chart);
    return [source.startsWith("./") ? contentHash([source]) : version, ...(values ? [values] : [])];
}
