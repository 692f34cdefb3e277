import assert from "node:assert/strict";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

import { execa } from "execa";

import { type Allowed, allowedFile, readAllowed } from "../../../operations/scan/allowed";
import { levelOf, reaches } from "../../../operations/scan/levels";
import { markdown, report } from "../../../operations/scan/report";
import { type Row, scan } from "../../../operations/scan/scan";
import { imagesToScan, pinFiles } from "../../../operations/scan/sources";
import { triage } from "../../../operations/scan/triage";
import { readLock } from "../../../images/inventory/lock";
import { repoRoot } from "../../../lib/paths";

/** A package as osv-scanner 2.5 shows it, with one advisory. */
const found = (name: string, version: string, id: string, score: string | undefined, summary = "A hole") => ({
    package: { name, version, ecosystem: "npm" },
    groups: [{ ids: [id], aliases: [id, "CVE-2026-1"], ...(score ? { max_severity: score } : {}) }],
    vulnerabilities: [
        {
            id,
            summary,
            affected: [
                {
                    package: { name, ecosystem: "npm" },
                    ranges: [{ type: "SEMVER", events: [{ introduced: "0" }, { fixed: "3.0.1" }] }],
                },
                {
                    package: { name: "other", ecosystem: "npm" },
                    ranges: [{ type: "SEMVER", events: [{ fixed: "9.9.9" }] }],
                },
            ],
        },
    ],
});
const plain = (name: string) => ({ package: { name, version: "1.0.0", ecosystem: "npm" } });

describe("make scan", () => {
    let dir: string;
    beforeEach(() => (dir = mkdtempSync(join(tmpdir(), "scan-"))));
    afterEach(() => rmSync(dir, { recursive: true }));

    /** osv-scanner's place: writes the answers of a kind of source, and ends as it would. */
    const scanner = (script: string) => {
        const file = join(dir, "osv-scanner");
        writeFileSync(
            file,
            `#!/bin/bash\necho "$*" >>"${dir}/calls"\nwhile [ "$1" ]; do [ "$1" = --output-file ] && out="$2"; all="$all $1"; shift; done\n${script}\n`,
        );
        chmodSync(file, 0o755);
        return file;
    };
    const answers = (name: string, sources: Record<string, object[]>) => {
        const results = Object.entries(sources).map(([path, packages]) => ({
            source: { path, type: "lockfile" },
            packages,
        }));
        writeFileSync(join(dir, name), JSON.stringify({ results, experimental_config: {} }));
        return `cat "${join(dir, name)}" >"$out"`;
    };
    const npm = { kind: "npm" as const, path: "package-lock.json" };
    const pypi = { kind: "PyPI" as const, path: "workloads/requirements.lock" };
    const at = (path: string) => join(dir, path);
    const ask = (script: string, images: string[] = []) =>
        scan({ project: dir, files: [npm, pypi], images, program: scanner(script) });

    it("reads what osv-scanner says of each source: packages, advisories with all their names, and where they are mended", async () => {
        const both = answers("npm.json", {
            [at(npm.path)]: [plain("a"), found("yaml", "2.9.1", "GHSA-1111-2222-3333", "7.5")],
        });
        const python = answers("pypi.json", { [at(pypi.path)]: [plain("b")] });
        const rows = await ask(`case "$all" in *package-lock*) ${both}; exit 1 ;; *) ${python} ;; esac`);
        assert.deepEqual(rows[0], {
            kind: "npm",
            source: "package-lock.json",
            answer: {
                packages: 2,
                advisories: [
                    {
                        ids: ["GHSA-1111-2222-3333", "CVE-2026-1"],
                        package: "yaml",
                        version: "2.9.1",
                        level: "high",
                        summary: "A hole",
                        fixed: ["3.0.1"],
                    },
                ],
            },
        });
        assert.deepEqual(rows[1].answer, { packages: 1, advisories: [] });
        const calls = readFileSync(at("calls"), "utf8");
        assert.match(
            calls,
            new RegExp(`^scan source .*-L ${at(npm.path)} .*\\nscan source .*-L requirements\\.txt:${at(pypi.path)} `),
        );
    });

    it("no answer is told with its reason, and never taken for a good one", async () => {
        // As it ends where its database can't be reached: 127, and an answer without packages all the same.
        const nobody =
            'echo "{\\"results\\": []}" >"$out"; echo "Error during extraction: (x) max retries exceeded: attempt 4: request failed: dial tcp: lookup api.osv.dev: no such host" >&2; exit 127';
        const rows = await ask(nobody, ["quay.io/x/y:1"]);
        assert.deepEqual(
            rows.map(({ silent }) => silent),
            Array(3).fill("dial tcp: lookup api.osv.dev: no such host"),
        );
        const verdict = triage(rows, { level: "high", allowed: [], today: "2026-11-30" });
        assert.equal(verdict.silent.length, 3);
        const text = report(verdict, "high");
        assert.match(
            text,
            /^npm +package-lock\.json +couldn't be asked: dial tcp: lookup api\.osv\.dev: no such host$/m,
        );
        assert.match(text, /0 of 3 sources were asked about/);
    });

    it("nor is an answer that can't be read, or one in which a source is missing", async () => {
        assert.match((await ask('echo "[" >"$out"'))[0].silent ?? "", /answer can't be read/);
        assert.match((await ask("exit 0"))[0].silent ?? "", /answer can't be read/);
        const other = answers("other.json", { "/elsewhere": [plain("a")] });
        assert.equal((await ask(other))[0].silent, "no package was found in it");
        assert.match((await ask("exit 139"))[0].silent ?? "", /exit code 139/);
    });

    it("an image's packages of all kinds are one line", async () => {
        const image = answers("image.json", {
            "/var/lib/dpkg/status": [found("openssl", "3.0.1", "DSA-1-1", undefined)],
            "/opt/lib/x.jar": [plain("x"), found("y:z", "1", "GHSA-aaaa-bbbb-cccc", "9.8")],
        });
        const rows = await scan({
            project: dir,
            files: [],
            images: ["quay.io/x/y@sha256:1"],
            program: scanner(`${image}; exit 1`),
        });
        assert.equal(rows.length, 1);
        assert.deepEqual(
            rows[0].answer?.advisories.map(({ level }) => level),
            ["unknown", "critical"],
        );
        assert.equal(rows[0].answer?.packages, 3);
        assert.match(readFileSync(at("calls"), "utf8"), /^scan image quay\.io\/x\/y@sha256:1 /);
    });

    describe("the verdict", () => {
        const advisory = (id: string, level: "critical" | "high" | "low" | "unknown", name = "yaml") => ({
            ...{ ids: [id, "CVE-2026-1"], package: name, version: "1", level, summary: "S", fixed: [] },
        });
        const rows: Row[] = [
            {
                kind: "npm",
                source: "one",
                answer: { packages: 9, advisories: [advisory("A-1", "high"), advisory("B-2", "low")] },
            },
            {
                kind: "npm",
                source: "two",
                answer: { packages: 9, advisories: [advisory("A-1", "high"), advisory("C-3", "unknown", "x")] },
            },
        ];
        const of = (allowed: Allowed[], level: "high" | "low" | "critical" = "high", all = rows) =>
            triage(all, { level, allowed, today: "2026-11-30" });
        const ids = (verdict: ReturnType<typeof of>) => verdict.findings.map(({ ids: [id] }) => id);
        const entry = { id: "A-1", reason: "It is never reached from here.", until: "2026-12-31" };

        it("has what is at or above the level or unrated, once, with every source", () => {
            assert.deepEqual(ids(of([])), ["C-3", "A-1"]);
            assert.deepEqual(of([]).findings[1].sources, ["one", "two"]);
            assert.deepEqual(ids(of([], "low")), ["C-3", "A-1", "B-2"]);
            assert.deepEqual(ids(of([], "critical")), ["C-3"]);
        });

        it("lets pass what may stand, by any of its names, until its day is over", () => {
            assert.deepEqual(ids(of([entry])), ["C-3"]);
            assert.deepEqual(ids(of([{ ...entry, until: "2026-11-30" }])), ["C-3"]);
            const over = of([{ ...entry, until: "2026-11-29" }]);
            assert.deepEqual(ids(over), ["C-3", "A-1"]);
            assert.match(report(over, "high"), /let pass until 2026-11-29, which is over/);
            assert.deepEqual(ids(of([{ ...entry, id: "CVE-2026-1" }])), []);
            assert.deepEqual(ids(of([{ ...entry, id: "CVE-2026-1", package: "x" }])), ["A-1"]);
        });

        it("names an entry that is about nothing any more, if all could be asked about", () => {
            const gone = { ...entry, id: "Z-9" };
            assert.deepEqual(of([gone]).idle, [gone]);
            assert.deepEqual(of([gone], "high", [...rows, { kind: "image", source: "i", silent: "no" }]).idle, []);
        });

        it("as a table, and for an issue with nothing in it that is read as Markdown", () => {
            const text = report(of([]), "high");
            const [head, one, two] = text.split("\n");
            assert.match(head, /^ +source +packages +critical +high +medium +low +unknown$/);
            assert.match(one, /^npm +one +9 +0 +1 +0 +1 +0$/);
            assert.match(two, /^npm +two +9 +0 +1 +0 +0 +1$/);
            const evil = [
                {
                    ...rows[0],
                    answer: { packages: 1, advisories: [{ ...advisory("A-1", "high"), summary: "`@all` | <b>\n# x" }] },
                },
            ];
            const body = markdown(of([], "high", evil), "high");
            assert.ok(!body.includes("\n# x"));
            assert.match(
                body,
                /^- high: `yaml 1: A-1, CVE-2026-1; {2}@all {4}<b> # x; not mended in any version; in one`$/m,
            );
            assert.match(body, /^\| npm \| `one` \| 1 \| 0 \| 1 \| 0 \| 0 \| 0 \|$/m);
        });
    });

    it("levels are CVSS's", () => {
        assert.deepEqual(["9.8", "9.0", "8.9", "7.0", "6.9", "4.0", "3.9", "0.1", "0", "", "x"].map(levelOf), [
            ...["critical", "critical", "high", "high", "medium", "medium", "low", "low"],
            ...["unknown", "unknown", "unknown"],
        ]);
        assert.ok(reaches("unknown", "critical") && reaches("critical", "high") && !reaches("medium", "high"));
    });

    it("the list of what may stand is held to its form, with every entry that isn't", () => {
        const file = at("advisories.yaml");
        const wrong = (text: string) => {
            writeFileSync(file, text);
            try {
                readAllowed(file);
                return "";
            } catch (error) {
                return (error as { render(): string }).render();
            }
        };
        assert.equal(wrong("- { id: CVE-2026-1, reason: It is never reached from here., until: 2026-12-31 }"), "");
        const all = wrong("- { id: CVE-2026-1, reason: no, until: soon }\n- { id: x, until: 2026-12-31, who: me }");
        for (const said of [/entry 0\.reason/, /entry 0\.until/, /entry 1\.id/, /entry 1\.reason/, /entry 1/])
            assert.match(all, said);
        assert.deepEqual(readAllowed(at("nowhere.yaml")), []);
        assert.ok(Array.isArray(readAllowed(allowedFile)));
    });

    it("every pin of the project is asked about, one's own workloads' too, and every image of others", async () => {
        const files = await pinFiles(repoRoot);
        const paths = files.map(({ path }) => path);
        const locks = [
            "package-lock.json",
            "images/airflow/requirements.lock",
            "images/spark/pom.xml",
            "tools/helm/go.mod",
        ];
        for (const path of locks) assert.ok(paths.includes(path), path);
        const { stdout } = await execa("git", ["ls-files"], { cwd: repoRoot });
        const tracked = stdout.split("\n").filter((path) => /(\.lock|go\.mod|pom\.xml|package-lock\.json)$/.test(path));
        assert.deepEqual(
            tracked.filter((path) => !paths.includes(path) && !path.startsWith("test/")),
            ["tools/pause/go.mod"],
        );
        await execa("git", ["init", "--quiet"], { cwd: dir });
        mkdirSync(dirname(at("workloads/own/requirements.lock")), { recursive: true });
        writeFileSync(at("workloads/own/requirements.lock"), "x==1\n");
        await execa("git", ["add", "."], { cwd: dir });
        assert.deepEqual(await pinFiles(dir), [{ kind: "PyPI", path: "workloads/own/requirements.lock" }]);
        assert.equal(imagesToScan().length, readLock().upstream.length + readLock().bases.length);
    });
});
