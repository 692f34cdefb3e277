import assert from "node:assert/strict";

import { destroy, preview, Target, up } from "../../engine/builtin/builtin";
import { Change, count } from "../../engine/builtin/change";
import { Identity } from "../../kubernetes/client";
import { UserError } from "../../lib/errors";
import { Bed, useBed } from "./bed";
import { dropDefinitions, everything, extra, left } from "./world";

const crd = (name: string): Identity => ({
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    name,
});
const certificate: Identity = {
    apiVersion: "cert-manager.io/v1",
    kind: "Certificate",
    namespace: "try-servers",
    name: "minio-tls",
};
const definitions = "certificates.cert-manager.io";

function changed(changes: Change[]): string[] {
    return changes
        .filter(({ operation }) => operation !== "same")
        .map(({ operation, type, name }) => `${operation} ${type.split(":").at(-1)} ${name}`)
        .sort();
}

describe("an operator and objects of its kinds, on a real API server", function () {
    this.timeout(300_000);
    let bed: Bed;
    let before: Set<string>;
    let target: Target;
    const withConfig = (config: Record<string, string>): Target => ({
        ...target,
        config: {
            "data-platform:profile": "sandbox",
            ...Object.fromEntries(Object.entries(config).map(([key, value]) => [`fixture:${key}`, value])),
        },
    });
    const served = async () =>
        (await bed.kube.list(crd("").apiVersion, crd("").kind)).filter(({ metadata }) =>
            metadata.name.endsWith("cert-manager.io"),
        ).length;
    this.beforeAll(async () => {
        bed = await useBed();
        await dropDefinitions(bed.kube);
        before = await everything(bed.kube);
        const program = require.resolve("../unit/fixtures/certificates.ts");
        target = { stack: "test", kubeconfig: bed.kubeconfig, dir: await bed.scratch(), program };
        target = withConfig({});
    });
    this.afterAll(async () => {
        await destroy(target);
    });

    it("is previewed where the server doesn't know the kinds yet", async () => {
        const { changes } = await preview(target);
        assert.equal(count(changes).create, changes.length);
        assert.ok(changes.some(({ type }) => type.endsWith(":Certificate")));
        assert.deepEqual(extra(await everything(bed.kube), before), []);
    });

    it("comes up in its order: definitions, operator, objects, and what waits for them", async () => {
        const order: string[] = [];
        await up(target, { onChange: ({ type, name }) => order.push(`${type.split(":").at(-1)} ${name}`) });
        const at = (name: string) => order.indexOf(name);
        const chain = [
            "ConfigMap cert-manager-crds",
            "CertManager cert-manager",
            "ClusterIssuer test-self-signed-issuer",
            "Certificate test-platform-ca",
            "ClusterIssuer test-platform-ca-issuer",
            "Certificate minio.try-servers",
        ];
        chain.forEach((name, index) => {
            assert.ok(at(name) >= 0, `${name} was not made`);
            if (index > 0) assert.ok(at(name) > at(chain[index - 1]), `${name} came before ${chain[index - 1]}`);
        });
        const secret = { apiVersion: "v1", kind: "Secret", namespace: "try-servers", name: "minio-tls" };
        assert.ok((await bed.kube.get(secret))?.data, "the certificate was waited for");
    });

    it("is the same the second time", async () => {
        assert.deepEqual(changed((await up(target)).changes), []);
        assert.deepEqual(changed((await preview(target)).changes), []);
    });

    it("changes a definition back that somebody else has changed, though its declaration is the same", async () => {
        await bed.kube.http.send({
            method: "PATCH",
            path: `/apis/apiextensions.k8s.io/v1/customresourcedefinitions/${definitions}?fieldManager=somebody`,
            contentType: "application/merge-patch+json",
            body: { spec: { names: { shortNames: ["theirs"] } } },
        });
        const [planned] = (await preview(target)).changes.filter(({ operation }) => operation !== "same");
        assert.match(JSON.stringify(planned.fields), /1: certificates\.cert-manager\.io was changed by somebody/);
        const { changes } = await up(target);
        assert.deepEqual(changed(changes), ["update ConfigMap cert-manager-crds"]);
        const names = (await bed.kube.get(crd(definitions)))?.spec?.names as { shortNames: string[] };
        assert.deepEqual(names.shortNames, ["cert", "certs"]);
        assert.deepEqual(changed((await up(target)).changes), [], "what is mended is no change any more");
    });

    it("makes definitions and objects anew that are gone", async () => {
        await bed.kube.delete(crd(definitions));
        while (await bed.kube.get(crd(definitions))) await new Promise((resolve) => setTimeout(resolve, 200));
        const done = changed((await up(target)).changes);
        assert.ok(done.includes("update ConfigMap cert-manager-crds"), done.join());
        assert.ok(done.includes("create Certificate minio.try-servers"), done.join());
        assert.ok(await bed.kube.get(certificate));
    });

    it("says what the operator says of an object that doesn't become ready", async () => {
        const short = withConfig({ duration: "1h", patience: "3" });
        const error = await up(short).then(
            () => assert.fail("it went well"),
            (reason: unknown) => (reason instanceof AggregateError ? (reason.errors[0] as unknown) : reason),
        );
        assert.ok(error instanceof UserError, String(error));
        assert.match(error.message, /Certificate try-\w+\/[\w-]+ did not become ready: nothing has changed for 3 s/);
        assert.match(error.render(), /Ready is False \(Denied: the bed issues no certificate for an hour\)/);
        const healed = changed((await up(target)).changes);
        assert.ok(
            healed.length > 0 && healed.every((change) => change.startsWith("update Certificate")),
            healed.join(),
        );
    });

    it("goes in the reverse order; definitions stay and are taken over the next time", async () => {
        const order: string[] = [];
        const uid = (await bed.kube.get(crd(definitions)))?.metadata.uid;
        const { changes } = await destroy(target, {
            onChange: ({ type, name }) => order.push(`${type.split(":").at(-1)} ${name}`),
        });
        const at = (name: string) => order.indexOf(name);
        assert.ok(at("Certificate minio.try-servers") >= 0);
        assert.ok(at("Certificate minio.try-servers") < at("CertManager cert-manager"));
        assert.ok(at("Certificate test-platform-ca") < at("CertManager cert-manager"));
        assert.equal(count(changes).keep, 0);
        assert.equal(await served(), 6);
        assert.deepEqual(await left(bed.kube, before), []);

        await up(target);
        assert.equal((await bed.kube.get(crd(definitions)))?.metadata.uid, uid);
        await destroy(target);
        assert.deepEqual(await left(bed.kube, before), []);
    });
});
