import assert from "node:assert/strict";
import { join } from "node:path";

import { collect } from "../../support/collect";
import { configProblems } from "../../support/config-problems";

const evaluate = (own?: object, program?: string) =>
    collect({
        program: program ?? join(__dirname, "../fixtures/own-workloads.ts"),
        config: {
            "data-platform:profile": "sandbox",
            ...(own ? { "data-platform:workloads": JSON.stringify({ own }) } : {}),
        },
    });

interface CronJob {
    schedule: string;
    timeZone: string;
    jobTemplate: {
        spec: {
            template: { spec: { priorityClassName: string; containers: { env: { name: string; value: string }[] }[] } };
        };
    };
}

async function cronJobs(own?: object) {
    const made = await evaluate(own);
    const all = made.all("CronJob").map(({ name, inputs }) => {
        const { schedule, timeZone, jobTemplate } = inputs.spec as unknown as CronJob;
        const { priorityClassName, containers } = jobTemplate.spec.template.spec;
        const limit = containers[0].env.find((variable) => variable.name === "LIMIT")?.value;
        return [name, [schedule, timeZone, priorityClassName, limit]] as const;
    });
    return Object.fromEntries(all);
}

describe("workloads.own", function () {
    this.timeout(60_000);
    const usual = ["0 7 * * *", "Etc/UTC", "data-platform-batch", "1"];

    it("is laid over the declarations; what it leaves out stays", async () => {
        assert.deepEqual(await cronJobs(), { champion: usual, nightly: usual });
        const champion = {
            ...{ schedule: "0 6 * * 1-5", timeZone: "Europe/Berlin", priority: "critical" },
            settings: { LIMIT: "40" },
        };
        assert.deepEqual(await cronJobs({ champion, nightly: { enabled: false } }), {
            champion: ["0 6 * * 1-5", "Europe/Berlin", "data-platform-critical", "40"],
        });
    });

    it("refuses a name that the program doesn't know, its own program's too", async () => {
        await assert.rejects(evaluate({ champoin: {} }), (error: Error) => {
            assert.equal(error.name, "DeclarationError");
            assert.match(
                error.message,
                /workloads\.own\.champoin, .*there are champion, nightly, did you mean champion\?/,
            );
            return true;
        });
        const index = join(__dirname, "../../../index.ts");
        await assert.rejects(
            evaluate({ champion: {} }, index),
            /workloads\.own\.champion, .*there are none; take it out/,
        );
    });

    it("is held to the rules of the config", () => {
        const found = configProblems({
            profile: "sandbox",
            workloads: {
                own: {
                    champion: { schedule: "0 25 * * *", timeZone: "Europe/Berln", priority: "high", retries: 3 },
                    nightly: { settings: { TOKEN: "hunter2" } },
                    other: { settings: { "1A": "x", MODE: "a\nb" } },
                },
            },
        });
        for (const [key, message] of Object.entries({
            "workloads.own.champion.schedule": /hour 25/,
            "workloads.own.champion.timeZone": /Europe\/Berlin/,
            "workloads.own.champion.priority": /"critical" or "batch"/,
            "workloads.own.champion.retries": /is no key/,
            "workloads.own.nightly.settings.TOKEN": /looks like a secret/,
            "workloads.own.other.settings.MODE": /one line/,
            'workloads.own.other.settings["1A"]': /no digit first/,
        }))
            assert.match(found[key] ?? JSON.stringify(found), message, key);
        assert.ok(!JSON.stringify(found).includes("hunter2"));
    });
});
