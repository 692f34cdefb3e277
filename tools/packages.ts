import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";

import { UserError } from "../lib/errors";
import { run } from "../lib/exec";
import { cacheDir } from "../lib/paths";
import { step, tellWaiting } from "../lib/progress";
import { stillLimit } from "../lib/standstill";
import { withLock } from "../lib/lock";

/** Packages that a node needs beside what is built from Go modules. */
export const nodePackages = [
    "iptables",
    "conntrack",
    "containernetworking-plugins",
    "iproute2",
    "util-linux",
    "openssl",
    "libseccomp2",
];

/** Packages that building images without Docker needs. */
export const imagePackages = ["buildah", "mmdebstrap", "debian-archive-keyring", "ca-certificates"];

const environment = { DEBIAN_FRONTEND: "noninteractive", LC_ALL: "C" };

/** Installs the Debian packages that are missing. */
export async function installPackages(wanted: readonly string[]): Promise<void> {
    if (!existsSync("/usr/bin/dpkg-query")) {
        const system = /^PRETTY_NAME="?([^"\n]*)/m.exec(await readFile("/etc/os-release", "utf8").catch(() => ""))?.[1];
        throw new UserError(`the sandbox runs on Debian and its relatives, not on ${system ?? "this system"}`, {
            where: "/etc/os-release",
            allowed: "Debian 12 or newer, Ubuntu 24.04 or newer",
            fix: "use a cluster that you have: npx pulumi up -s dev",
        });
    }
    if ((await missingPackages(wanted)).length === 0) return;
    // The cluster and the images ask for theirs at the same time, and apt works for one at a time.
    await withLock(
        join(cacheDir(), "packages.lock"),
        (holder) => tellWaiting(holder, "installs Debian packages"),
        async () => installMissing(await missingPackages(wanted)),
    );
}

async function installMissing(missing: string[]): Promise<void> {
    if (missing.length === 0) return;
    if (process.getuid?.() !== 0) {
        throw new UserError(`Debian packages are missing: ${missing.join(", ")}`, {
            allowed: "root may install them by itself",
            fix: `sudo apt-get install --no-install-recommends ${missing.join(" ")}`,
        });
    }
    await step(`Install ${missing.length} Debian package${missing.length > 1 ? "s" : ""}`, async (note) => {
        note(missing.join(", "));
        const fix = `mend apt, then try by hand: apt-get install --no-install-recommends ${missing.join(" ")}`;
        // A lock held by the system's own upgrades is waited for, not tripped over. Ended only when it stands still: what is
        // stopped in the middle leaves packages half installed.
        const apt = (args: string[]) =>
            run("apt-get", ["-q", "-y", "-o", "DPkg::Lock::Timeout=-1", ...args], {
                env: environment,
                still: stillLimit(),
                fix,
            });
        const install = () => apt(["install", "--no-install-recommends", ...missing]);
        await install().catch(async () => {
            // The lists are absent on a fresh machine and out of date on an old one.
            await apt(["update"]);
            await install();
        });
    });
}

/** Those of the packages that are not installed. */
export async function missingPackages(wanted: readonly string[]): Promise<string[]> {
    const format = "${Package} ${db:Status-Status}\n";
    const { stdout } = await run("dpkg-query", ["-W", "-f", format, ...wanted], { okCodes: [0, 1], env: environment });
    const installed = new Set(
        stdout
            .split("\n")
            .filter((line) => line.endsWith(" installed"))
            .map((line) => line.split(" ")[0]),
    );
    return wanted.filter((name) => !installed.has(name));
}
