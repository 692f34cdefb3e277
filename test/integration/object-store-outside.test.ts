import assert from "node:assert/strict";
import { mkdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";

import { execa } from "execa";

import { checkSettings } from "../../components/object-store/checks";
import { objectStoreDefaults } from "../../config/sections/object-store";
import { StoreConfig, storeApplications } from "../../config/object-store";
import { freePorts } from "../../sandbox/cluster/ports";
import { repoRoot } from "../../lib/paths";
import { OutsideStore, policyOf } from "../support/outside-store";
import { pythonWith } from "../support/python-packages";
import { scratch, writeFiles } from "../support/charts";

const program = readFileSync(join(repoRoot, "components/object-store/check.py"), "utf8");

/** Tests of the Jobs that try an external store, which is a real one here, by the client that their image has. */
describe("check of an external object store", function () {
    this.timeout(180_000);
    const config: StoreConfig = {
        region: "us-east-1",
        buckets: objectStoreDefaults.buckets,
        external: { bucketNames: { bronze: "acme-bronze" } },
    };
    let dir: string;
    let python: string;
    let store: OutsideStore;
    let keys: Record<string, string>;

    before(async function () {
        this.timeout(900_000);
        dir = scratch();
        python = await pythonWith(dir, { mlflow: ["botocore", "jmespath", "python-dateutil", "six", "urllib3"] });
        const [port] = await freePorts(1);
        store = await OutsideStore.start({ dir: join(dir, "store"), address: "127.0.0.1", port });
        keys = await store.prepare(config);
    });
    after(async () => {
        // Where the preparation failed, there is none.
        await (store as OutsideStore | undefined)?.stop();
        rmSync(dir, { recursive: true });
    });

    interface Given {
        /** Of those that the store made, by `objectStore.<application>`. */
        credentials?: Record<string, string>;
        of?: StoreConfig;
        applications?: string[];
        env?: Record<string, string>;
    }

    /** Runs what the Job runs; fails if a secret is shown. */
    async function check({ credentials = keys, of = config, applications, env }: Given = {}) {
        const mounted = join(dir, "mounted");
        rmSync(mounted, { recursive: true, force: true });
        for (const application of storeApplications(of)) {
            const secretKey = credentials[`objectStore.${application}`];
            if (secretKey === undefined) continue;
            mkdirSync(join(mounted, application), { recursive: true });
            const accessKey = credentials[`objectStore.${application}.accessKey`];
            writeFiles(join(mounted, application), { accessKey, secretKey });
        }
        const address = { endpoint: store.endpoint, region: "us-east-1", pathStyle: true, peers: [] };
        const { exitCode, all } = await execa(python, ["-c", program], {
            env: {
                ...checkSettings({ ...address, caFile: store.authority.file }, of, applications),
                ...{ STORE_CREDENTIALS: mounted, STORE_TIMEOUT: "3", STORE_ACCOUNT: "dev-storage/minio-check-gold" },
                ...env,
            },
            extendEnv: false,
            all: true,
            reject: false,
        });
        assert.ok(!/secret\+of|Traceback/.test(all), all);
        return { exitCode, all, last: all.trim().split("\n").at(-1) ?? "" };
    }

    it("lets pass what works, application by application, and leaves nothing behind", async () => {
        const { exitCode, all } = await check();
        assert.equal(exitCode, 0, all);
        for (const application of storeApplications(config))
            assert.ok(all.includes(`check: application ${application} at ${store.endpoint}: works`), all);
        assert.doesNotMatch(all, /warning|error/);
        for (const bucket of ["acme-bronze", "gold", "models", "logs", "spark-events"])
            assert.deepEqual(await store.objects(bucket), [], bucket);
    });

    it("ends with the application, the bucket, what S3 answered and what to do; tries the others too", async () => {
        const wrong = { ...keys, "objectStore.gold": "another", "objectStore.land.accessKey": "nobody" };
        const { exitCode, all, last } = await check({ credentials: wrong });
        assert.equal(exitCode, 1);
        assert.match(all, /application audit at .*: works/);
        assert.match(
            all,
            /error: application land, bucket bronze \(acme-bronze\): ListObjectsV2: InvalidAccessKeyId .*pulumi config set --secret --path 'credentials\["objectStore\.land\.accessKey"\]'/,
        );
        assert.match(last, /^check: error: application gold, bucket gold: ListObjectsV2: SignatureDoesNotMatch/);
        assert.match(
            last,
            /and its secret with `pulumi config set --secret --path 'credentials\["objectStore\.gold"\]'`$/,
        );
        assert.match(all, /nothing was installed that needs the store; 1 more above/);
        // A wrong key is wrong everywhere: once is enough.
        assert.equal(all.match(/error: application gold/g)?.length, 2, all);
    });

    it("says which bucket is missing, and which right", async () => {
        const other = { ...config, external: { bucketNames: { bronze: "acme-bronze", models: "acme-nowhere" } } };
        const missing = await check({ of: other, applications: ["mlflow"] });
        // Whoever may not look for it isn't told that it isn't there.
        assert.match(missing.last, /bucket models \(acme-nowhere\): ListObjectsV2: (NoSuchBucket|AccessDenied)/);

        const whole = policyOf("gold", config);
        const without = (action: string) => ({
            ...whole,
            Statement: whole.Statement.map((each) => ({
                ...each,
                Action: each.Action.filter((one) => one !== action),
            })).filter(({ Action }) => Action.length > 0),
        });
        try {
            for (const [action, bucket] of Object.entries({
                "s3:PutObject": "gold/*",
                "s3:DeleteObject": "gold/*",
                "s3:ListBucket": "gold",
                "s3:GetObject": "gold/*",
            })) {
                await store.grant("gold", without(action));
                const { last, exitCode } = await check({ applications: ["gold"] });
                assert.equal(exitCode, 1, action);
                assert.match(last, /application gold, bucket gold: \w+: AccessDenied/);
                assert.ok(last.endsWith(`allow it ${action} on arn:aws:s3:::${bucket}`), last);
            }
        } finally {
            await store.grant("gold", whole);
        }
    });

    it("warns of what an application may do and needn't, and lets it pass", async () => {
        const everything = {
            Version: "2012-10-17",
            Statement: [{ Effect: "Allow", Action: ["s3:*"], Resource: ["arn:aws:s3:::*"] }],
        };
        await store.grant("train", everything);
        try {
            const { all, exitCode } = await check({ applications: ["train"] });
            assert.equal(exitCode, 0, all);
            assert.match(all, /warning: application train, bucket bronze: it may write there, and needs to read only/);
            assert.match(
                all,
                /warning: application train, bucket models: it may look into it, and has no business there/,
            );
            assert.deepEqual(await store.objects("acme-bronze"), []);
        } finally {
            await store.grant("train", policyOf("train", config));
        }
    });

    it("trusts no certificate of another authority, and gives up on a store that isn't there", async () => {
        const public_ = await check({ env: { S3_CA_FILE: "/etc/ssl/certs/ca-certificates.crt" } });
        assert.equal(public_.exitCode, 1);
        assert.match(public_.last, /its certificate isn't one to trust: see objectStore\.external\.endpoint and \.ca$/);
        const nobody = await check({ env: { S3_ENDPOINT: "https://127.0.0.1:1" }, applications: ["land"] });
        assert.equal(nobody.exitCode, 1);
        assert.match(nobody.last, /Could not connect.*whether it can be reached from this cluster$/);
    });

    it("says so where the cluster has given the pod no token", async () => {
        const { last, exitCode } = await check({ credentials: {}, applications: ["gold"] });
        assert.equal(exitCode, 1);
        assert.match(
            last,
            /account dev-storage\/minio-check-gold: the pod was given no AWS_ROLE_ARN and no AWS_WEB_IDENT/,
        );
        assert.match(last, /objectStore\.external\.serviceAccountAnnotations\.gold$/);
    });
});
