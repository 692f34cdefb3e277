import { Option } from "commander";

import { engineChoices } from "./engine";

/** The option of every command about a stack. Light: it is loaded for every command line. */
export const engineOption = () =>
    new Option(
        "--engine <engine>",
        "what has the stack, or shall: the Pulumi CLI, or the built-in engine; auto: what has made it, else the CLI (in the sandbox if at hand)",
    )
        .choices(engineChoices)
        .default("auto")
        .env("DATA_PLATFORM_ENGINE");
