import assert from "node:assert/strict";
import { join } from "node:path";

import { chartValues } from "../../support/airflow";
import { collect } from "../../support/collect";

const evaluate = (teams: object, schedules?: object) =>
    collect({
        program: join(__dirname, "../fixtures/team-tasks.ts"),
        config: {
            "test:teams": JSON.stringify(teams),
            ...(schedules ? { "test:schedules": JSON.stringify(schedules) } : {}),
        },
    });

async function configMaps(teams: object, schedules?: object) {
    const made = await evaluate(teams, schedules);
    return Object.fromEntries(
        made.all("ConfigMap").map(({ name, inputs }) => [name, (inputs as { data: Record<string, string> }).data]),
    );
}

describe("templates of several teams' tasks", function () {
    this.timeout(60_000);

    it("lie in a ConfigMap of each team, and of those without a name in one", async () => {
        const found = await configMaps({ report: null, clean: null, invoice: "billing" });
        const files = Object.fromEntries(Object.entries(found).map(([name, data]) => [name, Object.keys(data).sort()]));
        assert.deepEqual(files, {
            "own-tasks": ["clean.yaml", "report.yaml", "settings.json"],
            "billing-tasks": ["invoice.yaml", "settings.json"],
        });
        assert.deepEqual(JSON.parse(found["billing-tasks"]["settings.json"]), {
            schedule: null,
            tasks: { invoice: { retries: 3, timeout: 3600 } },
        });
    });

    it("come with the schedules of the stack file, by workload", async () => {
        const zoned = { schedule: "0 6 * * *", timeZone: "Europe/Berlin" };
        const { "own-tasks": own } = await configMaps(
            { report: null, clean: null, rest: null },
            { report: zoned, clean: { schedule: "@daily" }, rest: { timeZone: "Europe/Berlin" } },
        );
        const { schedules } = JSON.parse(own["settings.json"]) as { schedules: object };
        assert.deepEqual(schedules, {
            report: { cron: "0 6 * * *", timeZone: "Europe/Berlin" },
            clean: { cron: "@daily", timeZone: "Etc/UTC" },
        });
    });

    it("are refused where two have a task of one name, once", async () => {
        await assert.rejects(evaluate({ report: null, "report@2": "billing" }), (error: Error) => {
            assert.match(error.message, /have 1 problem;/);
            assert.match(
                error.message,
                /TaskTemplates "billing-tasks": tasks\[0\]\.name: "report" is a task of TaskTemplates "own-tasks" already.*rename one/,
            );
            return true;
        });
    });

    it("are refused for a team that gives no name of a volume", async () => {
        for (const team of ["Billing", "billing.eu", "b".repeat(60)]) {
            await assert.rejects(evaluate({ report: team }), /workload "report": team: /);
        }
    });

    it("are mounted where platform_tasks finds them, beside the sample's", () => {
        const { volumes, volumeMounts } = chartValues({ templates: ["own-tasks", "billing-tasks"] }) as Record<
            string,
            { name: string; mountPath?: string }[]
        >;
        const mounts = Object.fromEntries(volumeMounts.map(({ name, mountPath }) => [name, mountPath]));
        assert.deepEqual(
            ["tasks", "own-tasks", "billing-tasks"].map((name) => mounts[name]),
            ["/opt/airflow/tasks", "/opt/airflow/team-tasks/own-tasks", "/opt/airflow/team-tasks/billing-tasks"],
        );
        // Airflow starts before they are there.
        assert.deepEqual(
            volumes.find(({ name }) => name === "billing-tasks"),
            { name: "billing-tasks", configMap: { name: "billing-tasks", optional: true } },
        );
    });
});
