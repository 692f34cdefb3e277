import { readFile } from "node:fs/promises";
import { basename } from "node:path";

import { type GitHub } from "./client";
import { GitHubError } from "./failures";

/** A release as it is to be. */
export interface Release {
    /** The tag, which is there. */
    tag: string;
    /** Files beside it; one of the same name is replaced. */
    assets: string[];
    /** Text of one that isn't there yet; somebody's own words stay. */
    body: string;
}

/** Makes the release of a tag where there is none, and puts files beside it. @returns its page */
export async function release(hub: GitHub, { tag, assets, body }: Release): Promise<{ what: string; url: string }> {
    const there = await hub.rest.repos.getReleaseByTag({ ...hub.at, tag }).then(
        ({ data }) => data,
        (error: unknown) => {
            if (error instanceof GitHubError && error.status === 404) return undefined;
            throw error;
        },
    );
    const its = there ?? (await hub.rest.repos.createRelease({ ...hub.at, tag_name: tag, name: tag, body })).data;
    for (const file of assets) {
        const name = basename(file);
        const old = its.assets.find((asset) => asset.name === name);
        if (old) await hub.rest.repos.deleteReleaseAsset({ ...hub.at, asset_id: old.id });
        await hub.rest.repos.uploadReleaseAsset({
            ...hub.at,
            release_id: its.id,
            name,
            // Octokit's type says text; it sends the bytes as they are.
            data: (await readFile(file)) as unknown as string,
            headers: { "content-type": "application/octet-stream" },
            baseUrl: its.upload_url.replace(/\/repos\/.*$/, ""),
        });
    }
    return { what: there ? "edited" : "created", url: its.html_url };
}
