import { join } from "node:path";

import { page as networkPage, pageFile } from "../../checks/network/page";
import { readmeFile, readmePage } from "./components";
import { configurationPage } from "./configuration";
import { recoveryFile, recoveryPage } from "./findings";
import { pullRequestsPage } from "./pull-request";
import { sizingPage } from "./sizing";

/** The pages that are written by the program; `make docs` writes them anew. */
export function pages(): { file: string; text: string }[] {
    const page = (name: string, text: string) => ({ file: join(__dirname, "..", name), text });
    return [
        page("configuration.md", configurationPage()),
        page("sizing.md", sizingPage()),
        page("pull-requests.md", pullRequestsPage()),
        { file: pageFile, text: networkPage() },
        { file: readmeFile, text: readmePage() },
        { file: recoveryFile, text: recoveryPage() },
    ];
}
