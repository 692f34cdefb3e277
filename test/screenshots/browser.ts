import { ChildProcess, spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { UserError } from "../../lib/errors";

/** A browser without a window, told what to do in its own protocol (https://chromedevtools.github.io/devtools-protocol). */
export class Browser {
    private next = 0;
    private readonly waiting = new Map<number, { resolve: (value: unknown) => void; reject: (error: Error) => void }>();

    private constructor(
        private readonly program: ChildProcess,
        private readonly profile: string,
        private readonly socket: WebSocket,
    ) {
        socket.addEventListener("message", ({ data }) => {
            const { id, result, error } = JSON.parse(String(data)) as {
                id?: number;
                result?: unknown;
                error?: { message: string };
            };
            const one = this.waiting.get(id ?? -1);
            if (error) one?.reject(new Error(error.message));
            else one?.resolve(result);
            this.waiting.delete(id ?? -1);
        });
    }

    /** @param program Chromium, as Debian calls it */
    static async start(program = "chromium"): Promise<Browser> {
        const profile = await mkdtemp(join(tmpdir(), "screenshots-"));
        const child = spawn(
            program,
            [
                ...["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars"],
                // The platform's own authority is none that a browser knows; only these pictures look past that.
                "--ignore-certificate-errors",
                ...["--window-size=1440,900", "--remote-debugging-port=0", `--user-data-dir=${profile}`, "about:blank"],
            ],
            { stdio: ["ignore", "ignore", "pipe"] },
        );
        const port = await new Promise<string>((resolve, reject) => {
            let said = "";
            child.on("error", () =>
                reject(new UserError("there is no Chromium", { fix: "apt-get install chromium fonts-dejavu-core" })),
            );
            child.on("exit", () => reject(new Error(`the browser ended: ${said.slice(-500)}`)));
            child.stderr.on("data", (chunk: Buffer) => {
                said += chunk.toString();
                const [, found] = /DevTools listening on ws:\/\/127\.0\.0\.1:(\d+)/.exec(said) ?? [];
                if (found) resolve(found);
            });
        });
        const pages = (await (await fetch(`http://127.0.0.1:${port}/json/list`)).json()) as {
            type: string;
            webSocketDebuggerUrl: string;
        }[];
        const socket = new WebSocket(pages.find(({ type }) => type === "page")?.webSocketDebuggerUrl ?? "");
        await new Promise((resolve) => socket.addEventListener("open", resolve, { once: true }));
        const browser = new Browser(child, profile, socket);
        await browser.tell("Page.enable");
        await browser.tell("Network.enable");
        await browser.tell("Emulation.setDeviceMetricsOverride", {
            ...{ width: 1440, height: 900, deviceScaleFactor: 1, mobile: false },
        });
        return browser;
    }

    tell<T>(method: string, params: object = {}): Promise<T> {
        const id = ++this.next;
        return new Promise((resolve, reject) => {
            this.waiting.set(id, { resolve: resolve as (value: unknown) => void, reject });
            this.socket.send(JSON.stringify({ id, method, params }));
        });
    }

    async open(url: string): Promise<void> {
        await this.tell("Page.navigate", { url });
    }

    /** The value of an expression on the page; promises are waited for. */
    async ask<T>(expression: string): Promise<T> {
        const { result, exceptionDetails: thrown } = await this.tell<{
            result: { value: T };
            exceptionDetails?: { text: string; exception?: { description?: string } };
        }>("Runtime.evaluate", { expression, awaitPromise: true, returnByValue: true });
        if (thrown) throw new Error(thrown.exception?.description ?? thrown.text);
        return result.value;
    }

    async has(words: string): Promise<boolean> {
        return this.ask(`document.body.innerText.includes(${JSON.stringify(words)})`);
    }

    /** Waits until the page shows all of some words. */
    async shows(...words: string[]): Promise<void> {
        const deadline = Date.now() + 60_000;
        for (;;) {
            const text = await this.ask<string>("document.body ? document.body.innerText : ''").catch(() => "");
            if (words.every((word) => text.includes(word))) return;
            if (Date.now() > deadline) throw new Error(`the page doesn't show ${words.join(", ")} but: ${text}`);
            await new Promise((resolve) => setTimeout(resolve, 500));
        }
    }

    /** Fills a form in and sends it off: values by the names of its fields. */
    async send(values: Record<string, string>): Promise<void> {
        await this.ask(`(() => {
            const values = ${JSON.stringify(values)};
            for (const name in values) {
                const field = document.querySelector('input[name="' + name + '"], input#' + name);
                // As typing does it, for pages that listen.
                Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, "value").set.call(field, values[name]);
                field.dispatchEvent(new Event("input", { bubbles: true }));
            }
            document.querySelector('input[type="submit"], button[type="submit"]').click();
        })()`);
    }

    /** Presses the button with these words on it, or with this name. */
    async press(words: string): Promise<void> {
        await this.ask(`[...document.querySelectorAll("button")]
            .find((one) => [one.innerText.trim(), one.ariaLabel].includes(${JSON.stringify(words)})).click()`);
    }

    async picture(file: string): Promise<void> {
        // What is drawn or loaded last, such as a graph, comes a moment after the words.
        await new Promise((resolve) => setTimeout(resolve, 3_000));
        const { data } = await this.tell<{ data: string }>("Page.captureScreenshot", { format: "png" });
        await writeFile(file, Buffer.from(data, "base64"));
    }

    async close(): Promise<void> {
        this.socket.close();
        const ended = new Promise((resolve) => this.program.once("exit", resolve));
        this.program.kill();
        await Promise.race([ended, new Promise((resolve) => setTimeout(resolve, 5_000))]);
        await rm(this.profile, { recursive: true, force: true, maxRetries: 5 });
    }
}
