import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";

import { PlaneOutput } from "../../../components/contracts";
import { shortHash } from "../../../components/job-once";
import { ResourceRequest } from "../../../program/program";
import { readStackConfig, stackFile } from "../../../program/stack-config";
import { repoRoot } from "../../../lib/paths";
import { Collected, collect } from "../../support/collect";

interface Rule {
    to?: { ipBlock?: { cidr: string } }[];
    ports?: { port: number }[];
    toEntities?: string[];
    toFQDNs?: { matchName: string }[];
    toPorts?: { ports: { port: string }[] }[];
}

interface Policy {
    metadata: { name: string; namespace: string };
    spec: { podSelector: object; endpointSelector: object; egress?: Rule[]; egressDeny?: Rule[] };
}

const stacks = ["dev", "staging", "prod", "sandbox", "ephemeral"];
const policy = ({ inputs }: ResourceRequest) => inputs as unknown as Policy;
const nameOf = ({ metadata: { namespace, name } }: Policy) => `${namespace}/${name}`;
const parent = ({ name }: ResourceRequest) => name.replace(/-cilium$/, "");

const known = new Map<string, Promise<Collected>>();

/** A stack whose config says more than the committed one's, evaluated once. */
function stackWith(stack: string, more: Record<string, unknown>): Promise<Collected> {
    const key = JSON.stringify([stack, more]);
    const made = known.get(key) ?? evaluated(stack, more);
    known.set(key, made);
    return made;
}

async function evaluated(stack: string, more: Record<string, unknown>): Promise<Collected> {
    const { values } = readStackConfig(stackFile(stack));
    for (const [key, value] of Object.entries(more)) values[`data-platform:${key}`] = JSON.stringify(value);
    const clusterPlaneOutput: PlaneOutput = {
        shareable: true,
        issuer: "platform-ca",
        namespaces: { strimzi: "strimzi-operator", cloudNativePg: "cnpg-system" },
    };
    return collect({
        stack,
        config: values,
        secretKeys: ["data-platform:credentials"],
        stackOutputs: () => Promise.resolve({ outputs: { clusterPlaneOutput }, secretOutputs: [] }),
    });
}

/** Rules that open a port to addresses, whatever they are; ports alone are all of them. */
function toAddresses(policies: Policy[], ports: number[]) {
    return policies.flatMap((each) =>
        (each.spec.egress ?? [])
            .filter((rule) => rule.to === undefined || rule.to.some(({ ipBlock }) => ipBlock !== undefined))
            .filter((rule) => rule.ports === undefined || rule.ports.some(({ port }) => ports.includes(port)))
            .map((rule) => ({
                policy: nameOf(each),
                cidrs: rule.to?.map(({ ipBlock }) => ipBlock?.cidr) ?? ["any"],
            })),
    );
}

describe("kubernetes.apiServer narrows every policy", function () {
    this.timeout(120_000);
    const cidrs = ["10.96.0.1/32", "10.0.0.5/32"];
    // Certificates are asked of an issuer, which is no API server and may be anywhere.
    const others = (found: ReturnType<typeof toAddresses>) =>
        found.filter((each) => each.policy !== "cert-manager/acme");

    for (const stack of stacks) {
        it(`of ${stack}, to those addresses and ports`, async () => {
            const wide = toAddresses((await stackWith(stack, {})).all("NetworkPolicy").map(policy), [443, 6443]);
            const made = await stackWith(stack, { kubernetes: { apiServer: { cidrs, ports: [443, 8443] } } });
            const narrow = toAddresses(made.all("NetworkPolicy").map(policy), [443, 6443, 8443]);
            assert.ok(others(wide).length >= 4, `only ${wide.length} open it at all`);
            for (const each of others(wide)) assert.deepEqual(each.cidrs, ["0.0.0.0/0", "::/0"], each.policy);
            // The same policies as before, and the one of the pod that proves the way.
            assert.deepEqual(
                others(narrow)
                    .map((each) => each.policy)
                    .sort(),
                [...others(wide).map((each) => each.policy), `${stack}-jobs/api-server-check`].sort(),
            );
            for (const each of others(narrow)) assert.deepEqual(each.cidrs, cidrs, each.policy);
            assert.deepEqual(toAddresses(made.all("NetworkPolicy").map(policy), [6443]), []);
        });
    }

    it("no policy has it before a pod has got there by it, and nothing else waits for its own", async () => {
        const made = await stackWith("prod", { kubernetes: { apiServer: { cidrs } } });
        const check = made.one("Job", "api-server-check");
        const own = made.one("NetworkPolicy", "api-server-check");
        const narrowed = made.all("NetworkPolicy").filter((each) => JSON.stringify(each.inputs).includes(cidrs[0]));
        assert.ok(narrowed.length > 14, String(narrowed.length));
        for (const each of narrowed.filter(({ name }) => name !== own.name))
            assert.ok(each.dependencies.includes(check.urn), `${each.name} doesn't wait`);
        assert.ok(check.dependencies.includes(own.urn));
        assert.ok(!own.dependencies.includes(check.urn));
        assert.equal((await stackWith("prod", {})).all("Job").filter(({ name }) => name === check.name).length, 0);
    });

    it("the proof is another one when what it proves is", async () => {
        const name = async (apiServer: object) =>
            policy((await stackWith("prod", { kubernetes: { apiServer } })).one("Job", "api-server-check")).metadata
                .name;
        assert.notEqual(await name({ cidrs }), await name({ cidrs, ports: [443, 8443] }));
    });

    it("and when its program is, or what all such programs begin with", async () => {
        const made = await stackWith("prod", { kubernetes: { apiServer: { cidrs } } });
        const { metadata, spec } = made.one("Job", "api-server-check").inputs as {
            metadata: { name: string };
            spec: {
                template: { spec: { containers: [{ image: string; command: string[]; env: { name: string }[] }] } };
            };
        };
        const { image, command, env } = spec.template.spec.containers[0];
        const source = (file: string) => readFileSync(join(repoRoot, "components", file), "utf8");
        assert.deepEqual(command.slice(2), [source("api_job.py"), source("api_server_check.py")]);
        const own = Object.fromEntries(
            (env as { name: string; value: string }[])
                .filter((each) => each.name.startsWith("CHECK_"))
                .map((each) => [each.name, each.value]),
        );
        const named = (run: string[]) => `api-server-check-${shortHash([image, run, own, [], undefined])}`;
        assert.equal(metadata.name, named(command));
        assert.notEqual(metadata.name, named([...command, "another"]));
    });
});

describe("kubernetes.networkPlugin cilium", function () {
    this.timeout(120_000);
    const external = {
        kubernetes: { networkPlugin: "cilium" },
        orchestrator: { dags: { kind: "git", repo: "https://git.example.com/dags.git" } },
        database: { kind: "external", external: { host: "db.example.com" } },
        credentials: Object.fromEntries(
            ["airflow", "mlflow", "mlflow-auth"].map((app) => [`database.${app}`, "password-of-20-chars"]),
        ),
    };

    for (const stack of stacks) {
        it(`${stack}: the API server by what it is, in a policy beside each that opened it, and by no address`, async () => {
            const wide = toAddresses((await stackWith(stack, {})).all("NetworkPolicy").map(policy), [6443]);
            const made = await stackWith(stack, { kubernetes: { networkPlugin: "cilium" } });
            assert.deepEqual(toAddresses(made.all("NetworkPolicy").map(policy), [6443]), []);
            const own = made.all("CiliumNetworkPolicy");
            assert.deepEqual(
                own.map((each) => nameOf(policy(each))).sort(),
                [...wide.map((each) => each.policy), `${stack}-jobs/api-server-check`].sort(),
            );
            for (const each of own) {
                const { spec, metadata } = policy(each);
                assert.deepEqual(
                    spec.egress?.map(({ toEntities }) => toEntities),
                    [["kube-apiserver"]],
                    each.name,
                );
                const beside = policy(made.one("NetworkPolicy", parent(each)));
                assert.deepEqual([beside.spec.podSelector, beside.metadata], [spec.endpointSelector, metadata]);
            }
        });
    }

    it("the git server and the database outside by their names, for every pod that may go there, and for no address", async () => {
        const made = await stackWith("dev", external);
        const named = (host: string) =>
            made
                .all("CiliumNetworkPolicy")
                .map(policy)
                .filter(({ spec }) => JSON.stringify(spec.egress).includes(`"${host}"`));
        assert.deepEqual(named("git.example.com").map(nameOf), ["dev-orchestration/airflow-git"]);
        assert.deepEqual(named("db.example.com").map(nameOf).sort(), [
            "dev-database/postgresql-check",
            "dev-orchestration/airflow-database",
            "dev-tracking/mlflow",
        ]);
        for (const { spec } of named("db.example.com")) {
            assert.deepEqual(spec.egress?.[1].toPorts, [{ ports: [{ port: "5432", protocol: "TCP" }] }]);
            assert.deepEqual(spec.egressDeny?.[0].toPorts, [{ ports: [{ port: "5432", protocol: "TCP" }] }]);
        }
        assert.deepEqual(toAddresses(made.all("NetworkPolicy").map(policy), [5432, 443, 6443]), []);
        const release = made.one("Release", "mlflow");
        const tracking = made.all("CiliumNetworkPolicy").find((each) => nameOf(policy(each)) === "dev-tracking/mlflow");
        assert.ok(
            tracking && release.dependencies.includes(tracking.urn),
            "the job of MLflow's chart would wait for its way",
        );
    });
});
