import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { KubeClient, KubeObject } from "../../kubernetes/client";
import { ControlPlane, startControlPlane } from "../../sandbox/cluster/control-plane";
import { freePorts } from "../../sandbox/cluster/ports";
import { UserError } from "../../lib/errors";
import { run } from "../../lib/exec";
import { CertManagerPrograms, type Part, parts, programOf } from "../support/cert-manager-programs";
import { until } from "../support/handshake";

const api = "cert-manager.io/v1";
const namespace = "cert-manager";

/** Last output of a program that failed. */
const saying = (pattern: RegExp) => (error: UserError) => pattern.test((error.details.evidence ?? []).join("\n"));

/** Tests without a pod: the programs, with the arguments that the chart gives them, against a real API server. */
describe("cert-manager's programs of our own", function () {
    this.timeout(180_000);
    let dir: string;
    let plane: ControlPlane;
    let kube: KubeClient;
    let programs: CertManagerPrograms;
    let webhookPort: number;

    before(async function () {
        this.timeout(1_800_000);
        programs = await CertManagerPrograms.prepare();
        dir = await mkdtemp(join(tmpdir(), "data-platform-cert-manager-"));
        const [etcd, etcdPeer, apiserver, controllerManager, scheduler, health, secure, webhookHealth] =
            await freePorts(8);
        plane = await startControlPlane({ dir, ports: { etcd, etcdPeer, apiserver, controllerManager, scheduler } });
        kube = new KubeClient(plane.kubeconfig);
        await CertManagerPrograms.define(kube, "cert-manager");
        await kube.create({ apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } });
        webhookPort = secure;
        const start = (part: Part, ...ports: string[]) => programs.start(part, plane, dir, ...ports);
        start("controller", "--metrics-listen-address=0", `--healthz-listen-address=127.0.0.1:${health}`);
        start(
            "webhook",
            ...["--dynamic-serving-dns-names=localhost", `--secure-port=${secure}`, `--healthz-port=${webhookHealth}`],
        );
        start("cainjector");
        await until("the controller is alive", 60, () =>
            fetch(`http://127.0.0.1:${health}/livez`).then(({ ok }) => ok),
        );
    });

    after(async () => {
        await programs?.endAll();
        kube?.http.close();
        await plane?.stop();
        if (dir) await rm(dir, { recursive: true, force: true });
    });

    const ready = ({ status }: KubeObject): boolean =>
        (status?.conditions as { type: string; status: string }[] | undefined)?.some(
            (condition) => condition.type === "Ready" && condition.status === "True",
        ) === true;

    /** Makes one of cert-manager's objects and waits until it is Ready. */
    async function issued(
        kind: string,
        name: string,
        spec: Record<string, unknown>,
        place?: string,
    ): Promise<KubeObject> {
        const identity = { apiVersion: api, kind, name, ...(place ? { namespace: place } : {}) };
        await kube.create({ apiVersion: api, kind, metadata: { name, namespace: place }, spec });
        await until(`${kind} ${name} is Ready`, 60, async () => {
            const now = await kube.get(identity);
            return now !== undefined && ready(now);
        });
        return (await kube.get(identity)) as KubeObject;
    }

    async function certificateIn(
        name: string,
        place: string,
    ): Promise<{ certificate: X509Certificate; secret: KubeObject }> {
        const secret = await kube.get({ apiVersion: "v1", kind: "Secret", namespace: place, name });
        const { data } = secret as KubeObject & { data: Record<string, string> };
        return {
            certificate: new X509Certificate(Buffer.from(data["tls.crt"], "base64")),
            secret: secret as KubeObject,
        };
    }

    it("sign by an authority that the cluster keeps, and a certificate owns its Secret", async () => {
        await issued("ClusterIssuer", "self", { selfSigned: {} });
        const issuerRef = { kind: "ClusterIssuer", name: "self" };
        await issued(
            "Certificate",
            "root",
            { isCA: true, commonName: "root", secretName: "root", issuerRef },
            namespace,
        );
        await issued("ClusterIssuer", "ca", { ca: { secretName: "root" } });
        const server = await issued(
            "Certificate",
            "server",
            { secretName: "server-tls", dnsNames: ["server.test"], issuerRef: { kind: "ClusterIssuer", name: "ca" } },
            "default",
        );
        const root = (await certificateIn("root", namespace)).certificate;
        const { certificate, secret } = await certificateIn("server-tls", "default");
        assert.ok(certificate.checkIssued(root) && certificate.verify(root.publicKey));
        assert.equal(certificate.subjectAltName, "DNS:server.test");
        assert.equal(secret.metadata.ownerReferences?.[0]?.uid, server.metadata.uid, "--enable-certificate-owner-ref");
    });

    it("say why the API isn't ready as long as nobody is asked", async () => {
        await assert.rejects(programs.check(plane), saying(/mutation webhook did not mutate/));
    });

    it("are asked once the authority is in the webhooks' configurations, and refuse what is wrong", async () => {
        for (const configuration of programs.configurations(webhookPort)) await kube.create(configuration);
        await until("the API is ready", 60, () => programs.check(plane).then(() => true));
        const spec = { secretName: "x", issuerRef: { kind: "ClusterIssuer", name: "ca" } };
        await assert.rejects(
            kube.create({
                apiVersion: api,
                kind: "Certificate",
                metadata: { name: "bad", namespace: "default" },
                spec,
            }),
            /at least one of commonName .*, dnsNames/,
        );
    });

    it("give their leases back when they end, so that the next ones needn't wait", async () => {
        const holders = async () =>
            Object.fromEntries(
                (await kube.list("coordination.k8s.io/v1", "Lease", { namespace })).map(({ metadata, spec }) => [
                    metadata.name,
                    spec?.holderIdentity ?? "",
                ]),
            );
        const names = ["cert-manager-cainjector-leader-election", "cert-manager-controller"];
        const during = await holders();
        assert.deepEqual(Object.keys(during).sort(), names);
        assert.ok(Object.values(during).every(Boolean));
        await Promise.all([programs.end("controller"), programs.end("cainjector")]);
        assert.deepEqual(await holders(), Object.fromEntries(names.map((name) => [name, ""])));
    });

    for (const part of parts) {
        it(`refuse what a chart would ask of them in vain: ${part}`, async () => {
            await assert.rejects(
                run(programs.binaries[programOf(part)], ["--acme-dns01-nonsense"]),
                saying(/unknown flag/),
            );
        });
    }
});
