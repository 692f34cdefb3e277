import assert from "node:assert/strict";

import { parse } from "../../../config/parse";
import { retainedSystems } from "../../../config/retention";
import { passwordUsers } from "../../../config/rules/credentials";
import { storeAddress, storeApplications, stsAddress } from "../../../config/object-store";
import { objectStoreDefaults } from "../../../config/sections/object-store";
import { configProblems } from "../../support/config-problems";

const base = { profile: "dev", images: { registry: "registry.example.com/data-platform" } };
const applications = storeApplications(objectStoreDefaults);
const role = (name: string) => ({ "eks.amazonaws.com/role-arn": `arn:aws:iam::123456789012:role/platform-${name}` });

/** Keys of every application, but those that are left out. */
const keys = (without: string[] = []) =>
    Object.fromEntries(
        applications
            .filter((application) => !without.includes(application))
            .flatMap((application) => [
                [`objectStore.${application}.accessKey`, `key-${application}`],
                [`objectStore.${application}`, `secret+/${application}`],
            ]),
    );

interface Given extends Record<string, unknown> {
    objectStore?: Record<string, unknown>;
}

/** A stack whose store is outside, at an address of its own. */
const stack = (external: Record<string, unknown>, { objectStore, ...more }: Given = {}) => ({
    ...base,
    objectStore: {
        kind: "external",
        external: { endpoint: "https://s3.example.com:9000", ...external },
        ...objectStore,
    },
    credentials: keys(),
    ...more,
});

/** The problems that a config is refused with, by key. */
function problems(raw: Record<string, unknown>): Record<string, string> {
    return configProblems({ ...base, ...raw });
}

describe("config of an external object store", () => {
    it("needs an address and the keys of every application; what MinIO has by default is nobody's mistake", () => {
        assert.deepEqual(problems(stack({})), {});
        for (const profile of ["dev", "staging", "prod", "sandbox", "ephemeral"]) {
            const found = problems({ ...stack({}), profile });
            assert.deepEqual(
                Object.keys(found).filter((key) => /objectStore|ingress/.test(key)),
                [],
                profile,
            );
        }
        const found = problems(stack({}, { credentials: keys(["gold"]) }));
        assert.deepEqual(Object.keys(found), [
            'credentials["objectStore.gold.accessKey"]',
            'credentials["objectStore.gold"]',
        ]);
        assert.match(
            found['credentials["objectStore.gold"]'],
            /pulumi config set --secret --path 'credentials\["objectStore\.gold"\]'.*or name a role in objectStore\.external\.serviceAccountAnnotations\.gold/,
        );
    });

    it("finds AWS by the region, which must be said then", () => {
        const aws = (objectStore: object) =>
            problems({ objectStore: { kind: "external", ...objectStore }, credentials: keys() });
        assert.match(
            aws({})["objectStore.region"],
            /is missing: without objectStore\.external\.endpoint the store is AWS's/,
        );
        assert.deepEqual(aws({ region: "eu-central-1" }), {});
        const of = (region: string, external = {}) => storeAddress({ region, buckets: [], external });
        assert.deepEqual(of("eu-central-1"), { endpoint: "https://s3.eu-central-1.amazonaws.com", pathStyle: false });
        assert.equal(of("cn-north-1").endpoint, "https://s3.cn-north-1.amazonaws.com.cn");
        assert.equal(of("us-east-1", { endpoint: "https://s3-fips.us-east-1.amazonaws.com/" }).pathStyle, false);
        assert.deepEqual(of("auto", { endpoint: "https://acme.r2.cloudflarestorage.com/" }), {
            endpoint: "https://acme.r2.cloudflarestorage.com",
            pathStyle: true,
        });
        assert.equal(of("eu-central-1", { pathStyle: true }).pathStyle, true);
    });

    it("is refused beside another kind, and so is what only MinIO has, all of it at once", () => {
        const { external } = stack({}).objectStore;
        assert.match(
            problems({ objectStore: { external } })["objectStore.external"],
            /is for objectStore\.kind external/,
        );
        const server = {
            ...{ image: "silo", nodes: 4, storage: "1Gi", storageClass: "fast", retain: true, console: false },
            ...{ rotation: 2, keyOverlap: 0, resources: { limits: { memory: "2Gi" } } },
            buckets: objectStoreDefaults.buckets.map((bucket) => ({ ...bucket, versioning: false })),
        };
        const found = problems(
            stack(
                {},
                {
                    objectStore: server,
                    ingress: { hosts: { objectStore: "s3.example.com", console: "c.example.com" } },
                },
            ),
        );
        const { buckets, ...keys } = server;
        assert.deepEqual(
            Object.keys(found).sort(),
            [
                ...Object.keys(keys).map((key) => `objectStore.${key}`),
                ...buckets.map((_, index) => `objectStore.buckets[${index}].versioning`),
                ...["objectStore.buckets[3].expireDays", "objectStore.buckets[4].expireDays"],
                ...["ingress.hosts.objectStore", "ingress.hosts.console"],
            ].sort(),
        );
        assert.match(found["objectStore.nodes"], /about the servers of objectStore\.kind minio.*take it out/);
        assert.match(found["objectStore.buckets[3].expireDays"], /set it there and take it out here/);
        assert.match(found["ingress.hosts.console"], /leads nowhere/);
    });

    it("takes keys as stores give them out, and says of others what they can't be, without quoting them", () => {
        const found = (user: string, value: string) =>
            problems(stack({}, { credentials: { ...keys(), [`objectStore.${user}`]: value } }))[
                `credentials["objectStore.${user}"]`
            ];
        for (const secret of ["short", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY=", "a'b$c%d&e(f)g{h}`|;,<>?!"]) {
            assert.equal(found("gold", secret), undefined, secret);
        }
        for (const secret of ["", "two words", 'quo"ted', "back\\slash", "ümlaut", "a newline\n", "x".repeat(1025)]) {
            assert.match(found("gold", secret), /must be 1 to 1024 printable characters/, JSON.stringify(secret));
            if (secret) assert.ok(!found("gold", secret).includes(secret));
        }
        for (const key of ["admin", "0555b35654ad1656d804", "tenant$user", "ASIAXXEXAMPLE"]) {
            assert.equal(found("gold.accessKey", key), undefined, key);
        }
        for (const key of ["", "a/b", "a,b", "a=b", "a b"])
            assert.match(found("gold.accessKey", key), /can't be an access key/);
        // One key for all is weaker than one each, and the store's business.
        assert.equal(found("gold.accessKey", "key-land"), undefined);
        assert.match(found("root", "of-nobody-there"), /names no user/);
    });

    it("refuses addresses that are none, that carry a user, or that are never opened", () => {
        const found = (endpoint: string) => problems(stack({ endpoint }))["objectStore.external.endpoint"];
        for (const url of ["https://s3.example.com", "https://10.0.0.5:9000/", "https://s3.example.com:65535"])
            assert.equal(found(url), undefined, url);
        for (const url of [
            "http://s3.example.com",
            "s3.example.com",
            "https://s3.example.com/bucket",
            "https://a:65536",
        ])
            assert.match(found(url), /must be an "https:\/\/" address/, url);
        assert.match(found("https://key:secret@s3.example.com"), /has a user, password or token in an address/);
        assert.match(found("https://169.254.169.254"), /are never opened/);
        assert.match(
            problems(stack({ cidrs: ["169.254.0.0/16"] }))["objectStore.external.cidrs[0]"],
            /are never opened/,
        );
    });

    it("calls buckets what they are called there, each by a name of its own", () => {
        const found = (bucketNames: object, more = {}) => problems(stack({ bucketNames, ...more }));
        assert.deepEqual(found({ bronze: "acme-prod-bronze", logs: "acme.prod.logs" }), {});
        const key = (bucket: string) => `objectStore.external.bucketNames.${bucket}`;
        const wrong = found({ silver: "acme-silver", gold: "bronze", logs: "Logs", models: "a..b" });
        assert.match(wrong[key("silver")], /is no bucket of objectStore\.buckets; there are bronze, gold/);
        assert.match(wrong[key("gold")], /"bronze" is the bucket of bronze already/);
        for (const bucket of ["logs", "models"]) assert.match(wrong[key(bucket)], /must be a bucket's name/);
        assert.match(
            found({ logs: "acme.prod.logs" }, { pathStyle: false })[key("logs")],
            /no certificate covers it.*pathStyle to true/,
        );
        assert.match(
            problems(stack({ endpoint: "https://10.0.0.5", pathStyle: false }))["objectStore.external.pathStyle"],
            /can't be false with an address/,
        );
    });

    describe("with identities instead of keys", () => {
        const all = Object.fromEntries(applications.map((application) => [application, role(application)]));
        const aws = (external: object, more: Given = {}) => ({
            ...base,
            credentials: {},
            ...more,
            objectStore: { kind: "external", region: "eu-central-1", external, ...more.objectStore },
        });

        it("needs no key where there is a role, and a key where there is none", () => {
            assert.deepEqual(problems(aws({ serviceAccountAnnotations: all })), {});
            const others = Object.entries(all).filter(([application]) => application !== "gold");
            const found = problems(aws({ serviceAccountAnnotations: Object.fromEntries(others) }));
            assert.deepEqual(Object.keys(found), [
                'credentials["objectStore.gold.accessKey"]',
                'credentials["objectStore.gold"]',
            ]);
            const parsed = parse(
                aws({ serviceAccountAnnotations: { gold: role("gold") } }, { credentials: keys(["gold"]) }),
                "test",
            );
            const users = passwordUsers(parsed).filter((user) => user.startsWith("objectStore."));
            assert.ok(!users.some((user) => /gold|root/.test(user)), users.join());
            assert.equal(stsAddress(parsed.objectStore), "https://sts.eu-central-1.amazonaws.com");
        });

        it("refuses what can't be told apart, names nobody, or gives no access to S3", () => {
            const both = problems(
                aws(
                    { serviceAccountAnnotations: all },
                    { credentials: keys(applications.filter((a) => a !== "gold")) },
                ),
            );
            assert.deepEqual(Object.keys(both), [
                'credentials["objectStore.gold.accessKey"]',
                'credentials["objectStore.gold"]',
            ]);
            assert.match(both['credentials["objectStore.gold"]'], /an application has one of both/);
            const key = "objectStore.external.serviceAccountAnnotations";
            const found = problems(
                aws({
                    serviceAccountAnnotations: {
                        ...all,
                        nobody: role("nobody"),
                        land: {},
                        gold: { "iam.gke.io/gcp-service-account": "gold@acme.iam.gserviceaccount.com" },
                        train: { "azure.workload.identity/client-id": "0000" },
                    },
                }),
            );
            assert.match(found[`${key}.nobody`], /no bucket of objectStore\.buckets names it/);
            assert.match(found[`${key}.land`], /is empty/);
            assert.match(
                found[`${key}.gold["iam.gke.io/gcp-service-account"]`],
                /metadata address, which no policy opens/,
            );
            assert.match(found[`${key}.train["azure.workload.identity/client-id"]`], /Azure has no S3/);
        });

        it("knows one identity of Airflow's pods", () => {
            const found = problems(
                aws({ serviceAccountAnnotations: all }, { orchestrator: { connections: { objectStore: "gold" } } }),
            );
            assert.match(found["orchestrator.connections.objectStore"], /those of Airflow are "airflow"'s/);
        });

        it("must be told who takes the tokens of another store than AWS, and is told when nobody has one", () => {
            const key = "objectStore.external.sts";
            const ceph = { endpoint: "https://rgw.example.com", serviceAccountAnnotations: all };
            assert.match(problems(aws(ceph))[`${key}.endpoint`], /is missing: only AWS's own follows from the region/);
            const sts = { endpoint: "https://rgw.example.com" };
            assert.deepEqual(problems(aws({ ...ceph, sts })), {});
            assert.match(problems(stack({ sts }))[key], /there are none; take it out/);
            assert.match(
                problems(aws({ ...ceph, sts: { endpoint: "https://169.254.170.23" } }))[`${key}.endpoint`],
                /are never opened/,
            );
        });
    });

    it("keeps no volumes", () => {
        const config = parse({ ...stack({}), profile: "prod", ingress: {}, protect: true }, "test");
        assert.deepEqual(retainedSystems(config), ["streaming", "database"]);
    });
});
