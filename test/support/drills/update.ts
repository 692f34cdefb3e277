// An update in a process of its own, so that it can be killed: `update.ts <target as JSON>`.
import type { Target } from "../../../engine/builtin/builtin";
import { renderError } from "../../../lib/errors";
import { backendOf } from "./backend";

const target = JSON.parse(process.argv[2]) as Target;
backendOf(target)
    .up(target.stack)
    .catch((error: unknown) => {
        process.stderr.write(`${renderError(error)}\n`);
        process.exitCode = 1;
    });
