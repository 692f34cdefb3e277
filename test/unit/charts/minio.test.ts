import assert from "node:assert/strict";

import { find, full, needHelm, refusal, render, type Rendered, template, type Values } from "../../support/charts";

interface Statement {
    Effect: string;
    Action: string[];
    Resource: string[];
}

/** Rights of a user's policy, as "action resource". */
function allowed(objects: Rendered[], user: string): string[] {
    const text = find(objects, "ConfigMap", "minio-setup").data?.[`policy-${user}.json`] ?? "";
    const { Statement: statements } = JSON.parse(text) as { Statement: Statement[] };
    for (const { Effect } of statements) assert.equal(Effect, "Allow");
    return statements.flatMap(({ Action, Resource }) =>
        Action.flatMap((action) => Resource.map((resource) => `${action} ${resource}`)),
    );
}

describe("chart minio", () => {
    let objects: Rendered[];
    before(needHelm);
    before(async () => {
        objects = await render("minio", full.minio);
    });

    it("gives a writer their buckets and nothing else", () => {
        const rights = allowed(objects, "land");
        for (const right of ["s3:PutObject", "s3:GetObject", "s3:DeleteObject"]) {
            assert.ok(rights.includes(`${right} arn:aws:s3:::bronze/*`), right);
        }
        assert.ok(rights.includes("s3:ListBucket arn:aws:s3:::bronze"));
        for (const right of rights) assert.match(right, /^s3:[A-Za-z]+ arn:aws:s3:::bronze(\/\*)?$/);
    });

    it("gives a reader no right to change anything", () => {
        const rights = allowed(objects, "audit");
        assert.ok(rights.includes("s3:GetObject arn:aws:s3:::silver/*"));
        for (const right of rights) assert.match(right, /^s3:(GetObject|GetBucketLocation|ListBucket) /);
    });

    it("tells the job of buckets and users by name", () => {
        const data = find(objects, "ConfigMap", "minio-setup").data ?? {};
        assert.deepEqual(data.buckets.trim().split("\n"), ["bronze true 0", "silver false 30"]);
        assert.deepEqual(data.users.trim().split("\n"), ["land", "audit"]);
        const job = template(objects, "minio-setup").spec;
        const paths = (job.containers[0].volumeMounts ?? []).map(({ mountPath }) => mountPath);
        for (const user of ["root", "users/land", "users/audit"])
            assert.ok(paths.includes(`/run/secrets/minio/${user}`));
        const tmp = job.volumes?.find(({ name }) => name === "tmp") as unknown as { emptyDir: { medium: string } };
        assert.equal(tmp.emptyDir.medium, "Memory", "mc keeps keys there");
    });

    it("has no administrator of its own: name and password come from the Secret's files", () => {
        const [container] = template(objects, "minio").spec.containers;
        const env = Object.fromEntries((container.env ?? []).map(({ name, value }) => [name, value]));
        assert.equal(env.MINIO_ROOT_USER_FILE, "/run/secrets/minio/rootUser");
        assert.equal(env.MINIO_ROOT_PASSWORD_FILE, "/run/secrets/minio/rootPassword");
        assert.ok(!("MINIO_ROOT_USER" in env) && !("MINIO_ROOT_PASSWORD" in env));
        assert.equal(env.MINIO_SITE_REGION, "eu-central-1");
        assert.equal(env.MINIO_UPDATE, "off");
        const [shell, , line] = container.command ?? [];
        assert.equal(shell, "bash");
        assert.match(line, /^exec /, "a shell that stays would swallow the signal to end");
    });

    it("can't start without its certificate, which it would take for a wish to speak plain HTTP", () => {
        const { containers, volumes } = template(objects, "minio").spec;
        assert.ok(containers[0].command?.includes("--certs-dir=/etc/data-platform/tls"));
        const { projected } = volumes?.find(({ name }) => name === "tls") as unknown as {
            projected: { sources: { secret: { name: string; optional?: boolean; items: Values[] } }[] };
        };
        assert.deepEqual(
            projected.sources.map(({ secret }) => secret),
            [
                {
                    name: "the-certificate",
                    items: [
                        { key: "tls.crt", path: "public.crt" },
                        { key: "tls.key", path: "private.key" },
                    ],
                },
                { name: "the-authority", items: [{ key: "ca.crt", path: "CAs/ca.crt" }] },
            ],
        );
    });

    it("is ready when the drive takes writes, live when it answers", () => {
        const [container] = template(objects, "minio").spec.containers;
        const path = (probe?: Values) => {
            const { path, scheme } = probe?.httpGet as { path: string; scheme: string };
            assert.equal(scheme, "HTTPS");
            return path;
        };
        assert.equal(path(container.startupProbe), "/minio/health/live");
        assert.equal(path(container.livenessProbe), "/minio/health/live");
        assert.equal(path(container.readinessProbe), "/minio/health/cluster");
    });

    it("has no console when it is off", async () => {
        const off = await render("minio", { console: { enabled: false }, clients: { podLabels: { a: "b" } } });
        const ports = find(off, "Service", "minio").spec.ports as { name: string }[];
        assert.deepEqual(
            ports.map(({ name }) => name),
            ["s3"],
        );
        const [container] = template(off, "minio").spec.containers;
        assert.ok(container.env?.some(({ name, value }) => name === "MINIO_BROWSER" && value === "off"));
        assert.doesNotMatch(JSON.stringify(off), /9001/);
    });

    it("serves on the ports that were asked for", async () => {
        const other = await render("minio", { service: { port: 80, consolePort: 81 } });
        const ports = find(other, "Service", "minio").spec.ports as { port: number }[];
        assert.deepEqual(
            ports.map(({ port }) => port),
            [80, 81],
        );
        const env = template(other, "minio-setup").spec.containers[0].env ?? [];
        assert.ok(env.some(({ value }) => value === "https://minio:80"));
    });

    it("refuses what can't work, and says what would", async () => {
        const user = { name: "u", existingSecret: "s" };
        const cases: [Values, RegExp][] = [
            [{ buckets: [{ name: "UPPER" }] }, /buckets\/0\/name/],
            [{ buckets: [{ name: "192.168.0.1" }] }, /buckets\/0\/name/],
            [{ buckets: [{ name: "abc" }, { name: "abc" }] }, /buckets: two entries are named "abc"/],
            [
                { buckets: [{ name: "abc" }], users: [{ ...user, readwrite: ["abcd"] }] },
                /users: u\.readwrite names the bucket "abcd", which buckets doesn't have; there are "abc"/,
            ],
            [{ buckets: [{ name: "abc" }], users: [user] }, /users: u has no bucket/],
            [{ storage: { size: "10GB" } }, /storage\/size/],
            [{ existingSecret: "" }, /existingSecret/],
            [{ nodes: 2 }, /nodes: 2 can't be: 1 keeps objects on one volume, 4 to 16 spread/],
            [{ nodes: 3 }, /nodes: 3 can't be/],
            [{ nodes: 17 }, /nodes/],
            [{ nodes: 0 }, /nodes/],
        ];
        for (const [values, reason] of cases) assert.match(await refusal("minio", values), reason);
    });
});
