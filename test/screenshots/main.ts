import { mkdir } from "node:fs/promises";
import { join } from "node:path";

import { layout } from "../../sandbox/cluster/layout";
import { openEngine } from "../../engine/open";
import { requireSandbox } from "../../sandbox/commands/images";
import { sandboxStack } from "../../sandbox/commands/options";
import { renderError } from "../../lib/errors";
import { repoRoot, stateDir } from "../../lib/paths";
import { Outputs, Platform } from "../../sandbox/sample-run";
import { forward, freePort, pagesOf } from "../../sandbox/sample-run/pages";
import { secretOf } from "../../sandbox/sample-run/service";
import { tool } from "../../tools";
import { summary } from "../e2e/sandbox-command";
import { Browser } from "./browser";

const pictures = join(repoRoot, "docs", "images");

/** Takes the pictures of docs/access.md from the running sandbox. No password gets into an argument or a picture. */
async function main(): Promise<void> {
    const kubeconfig = await requireSandbox();
    const engine = await openEngine({ stack: sandboxStack, local: { kubeconfig, dir: stateDir() } });
    const outputs = (await engine.outputs(sandboxStack)) as unknown as Outputs;
    const controller = new AbortController();
    const platform = new Platform(layout().kubeconfig, outputs, controller.signal);
    const kubectl = await tool("kubectl");
    await mkdir(pictures, { recursive: true });
    const browser = await Browser.start();
    const served: Promise<void>[] = [];
    try {
        for (const page of pagesOf(outputs)) {
            const local = await freePort(page.local);
            await new Promise<void>((resolve) => {
                const tell = (text: string) => text === "serves" && resolve();
                served.push(forward(page, local, { kubectl, kubeconfig, signal: controller.signal, tell }));
            });
            const login = Object.values(await secretOf(platform.kube, page.login));
            await shots[page.name](browser, `https://localhost:${local}`, login as [string, string]);
        }
    } finally {
        controller.abort();
        await Promise.all(served);
        await browser.close();
        platform.close();
    }
}

const shots: Record<string, (browser: Browser, url: string, login: [string, string]) => Promise<void>> = {
    async Airflow(browser, url, [username, password]) {
        await browser.open(url);
        await browser.shows("Sign In");
        await browser.send({ username, password });
        await browser.shows("Dags");
        const { run } = summary().dag;
        await browser.open(`${url}/dags/flights/runs/${encodeURIComponent(run)}`);
        await browser.shows("ingest", "bronze", "gold", "train", "score", "6 Task Instances");
        await browser.picture(join(pictures, "airflow-dag.png"));
        await browser.open(`${url}/dags/flights/runs/${encodeURIComponent(run)}/tasks/ingest`);
        await browser.shows("ingest", "program");
        await browser.picture(join(pictures, "airflow-log.png"));
    },
    async MLflow(browser, url, [username, password]) {
        const basic = Buffer.from(`${username}:${password}`).toString("base64");
        await browser.tell("Network.setExtraHTTPHeaders", { headers: { authorization: `Basic ${basic}` } });
        const { name, version } = summary().model;
        await browser.open(`${url}/#/models/${encodeURIComponent(name)}/versions/${version}`);
        await browser.shows(name, `Version ${version}`);
        // An assistant of its own stands in front, without anybody behind it.
        await browser.press("Close");
        await browser.picture(join(pictures, "mlflow-model.png"));
        await browser.ask(`document.querySelector('a[href*="/runs/"]').click()`);
        await browser.shows("baseline_mae");
        await browser.picture(join(pictures, "mlflow-run.png"));
        await browser.tell("Network.setExtraHTTPHeaders", { headers: {} });
    },
    async MinIO(browser, url, [accessKey, secretKey]) {
        await browser.open(`${url}/login`);
        await browser.shows("Login");
        await browser.send({ accessKey, secretKey });
        await browser.shows("bronze");
        // Shown at the first visit only.
        if (await browser.has("Acknowledge")) await browser.press("Acknowledge");
        await browser.open(`${url}/browser`);
        await browser.shows("bronze", "gold", "models");
        await browser.picture(join(pictures, "minio-buckets.png"));
    },
};

main().then(
    () => process.exit(),
    (error: unknown) => {
        process.stderr.write(`${renderError(error)}\n`);
        process.exit(1);
    },
);
