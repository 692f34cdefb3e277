import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { parse } from "yaml";
import { z } from "zod";

import { UserError } from "../../lib/errors";
import { repoRoot } from "../../lib/paths";
import { type Advisory } from "./osv";

/** The one list of advisories that stand for a while. */
export const allowedFile = join(repoRoot, "advisories.yaml");

const entrySchema = z.strictObject({
    id: z.string().regex(/^[A-Z][A-Z0-9]*-[\w-]+$/, "an advisory's name, such as GHSA-xxxx-xxxx-xxxx or CVE-2026-1234"),
    package: z.string().min(1).optional(),
    reason: z.string().min(20, "a reason that convinces somebody else"),
    until: z.iso.date("a day, such as 2027-01-31"),
});

/** An advisory that may stand, why, and until when. */
export type Allowed = z.infer<typeof entrySchema>;

/** @throws UserError that names every entry which is none */
export function readAllowed(file = allowedFile): Allowed[] {
    if (!existsSync(file)) return [];
    const result = z.array(entrySchema).safeParse(parse(readFileSync(file, "utf8")) ?? []);
    if (result.success) return result.data;
    throw new UserError("the list of advisories that may stand has entries that are none", {
        where: file,
        allowed: "id, reason and until of each; package where it isn't for all that it is about",
        evidence: result.error.issues.map(({ path, message }) => `entry ${path.map(String).join(".")}: ${message}`),
    });
}

/** The entry that lets an advisory stand on a day; one whose time is over lets nothing stand. */
export function entryFor(advisory: Advisory, allowed: Allowed[], today: string): Allowed | undefined {
    return allowed.find((each) => isAbout(each, advisory) && each.until >= today);
}

/** Tells whether an entry is about an advisory. */
export function isAbout({ id, package: name }: Allowed, advisory: Advisory): boolean {
    return advisory.ids.includes(id) && (name === undefined || name === advisory.package);
}
